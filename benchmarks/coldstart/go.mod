module example.com/gocontainer/coldstart

go 1.26.0
