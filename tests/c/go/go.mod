module strata.example/try

go 1.21
