module statements

go 1.26
