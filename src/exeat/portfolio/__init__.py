"""The law on tables: the same program as :mod:`exeat.desk`, over millions of rows, with a cited reason for each."""
