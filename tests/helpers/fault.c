/* Preloaded into a process and its children: counts what they do to the disk below a folder, and kills
   the whole process group with SIGKILL at the n-th such thing, just before it happens.

   FAULT_FOLDER is the folder. FAULT_COUNTER is a file that all processes map: two longs, how many things
   were done, and at which to kill. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long *counter;
static const char *folder;

static void __attribute__((constructor)) start(void) {
    const char *path = getenv("FAULT_COUNTER");
    folder = getenv("FAULT_FOLDER");
    int file = path && folder ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *mapped = mmap(NULL, 2 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        counter = mapped == MAP_FAILED ? NULL : mapped;
    }
}

static int below(int at, const char *path) {
    char link[64], place[PATH_MAX];
    if (path[0] == '/')
        return strncmp(path, folder, strlen(folder)) == 0;
    if (at == AT_FDCWD)
        return getcwd(place, sizeof place) && strncmp(place, folder, strlen(folder)) == 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t length = readlink(link, place, sizeof place - 1);
    if (length < 0)
        return 0;
    place[length] = 0;
    return strncmp(place, folder, strlen(folder)) == 0;
}

static void count(int at, const char *path) {
    int saved = errno;
    if (counter && path && below(at, path) && __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST) == counter[1]) {
        kill(0, SIGKILL);
        for (;;)
            pause();
    }
    errno = saved;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ONE(name, at, path, parameters, ...) \
    int name parameters { count(at, path); return REAL(name)(__VA_ARGS__); }
#define OPEN(name, at, parameters, ...)                              \
    int name parameters {                                            \
        va_list rest;                                                \
        va_start(rest, flags);                                       \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                \
        if (flags & (O_CREAT | O_TRUNC))                             \
            count(at, path);                                         \
        return REAL(name)(__VA_ARGS__, mode);                        \
    }
#define FOPEN(name)                                                  \
    FILE *name(const char *path, const char *mode) {                 \
        if (mode[0] != 'r')                                          \
            count(AT_FDCWD, path);                                   \
        return REAL(name)(path, mode);                               \
    }

OPEN(open, AT_FDCWD, (const char *path, int flags, ...), path, flags)
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), path, flags)
OPEN(openat, at, (int at, const char *path, int flags, ...), at, path, flags)
OPEN(openat64, at, (int at, const char *path, int flags, ...), at, path, flags)
FOPEN(fopen)
FOPEN(fopen64)
ONE(creat, AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
ONE(rename, AT_FDCWD, new, (const char *old, const char *new), old, new)
ONE(renameat, to, new, (int from, const char *old, int to, const char *new), from, old, to, new)
ONE(renameat2, to, new, (int from, const char *old, int to, const char *new, unsigned how), from, old, to, new, how)
ONE(unlink, AT_FDCWD, path, (const char *path), path)
ONE(unlinkat, at, path, (int at, const char *path, int flags), at, path, flags)
ONE(rmdir, AT_FDCWD, path, (const char *path), path)
ONE(mkdir, AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
ONE(mkdirat, at, path, (int at, const char *path, mode_t mode), at, path, mode)
ONE(link, AT_FDCWD, new, (const char *old, const char *new), old, new)
ONE(linkat, to, new, (int from, const char *old, int to, const char *new, int how), from, old, to, new, how)
ONE(symlink, AT_FDCWD, path, (const char *to, const char *path), to, path)
ONE(fsync, file, "", (int file), file)
ONE(fdatasync, file, "", (int file), file)
