-- Fills a DuckDB file with what the pipeline reads: duckdb warehouse.duckdb < data/seed.sql
create schema if not exists raw;
create schema if not exists mart;
create or replace table raw.orders as select * from read_csv('data/orders.csv');
