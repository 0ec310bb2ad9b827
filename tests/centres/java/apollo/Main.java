import com.ctrip.framework.apollo.mockserver.ApolloTestingServer;

/** Starts Apollo's test server, which takes a port of its own, and prints its address as the first line. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        new ApolloTestingServer().start();
        System.out.println(System.getProperty("apollo.config-service"));
    }
}
