module example.com/rebuild

go 1.26.0
