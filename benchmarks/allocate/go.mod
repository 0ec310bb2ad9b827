module example.com/allocate

go 1.26.0
