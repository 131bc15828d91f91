/* test_main.c: runs every test of src/db on the engine that is named: test_db sqlite | postgresql. */
#include "fixture.h"

#include "base/hash.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool postgresql = argc == 2 && strcmp(argv[1], "postgresql") == 0;
    if (!postgresql && (argc != 2 || strcmp(argv[1], "sqlite") != 0)) {
        fputs("usage: test_db sqlite | postgresql\n", stderr);
        return 2;
    }
    engine_under_test = postgresql ? DB_POSTGRESQL : DB_SQLITE;
    text_init(TEXT_ENGLISH, NULL);
    struct err err = {0};
    if (hash_init(&err) < 0)
        return 1;
    int failures = run_values_tests() + run_transaction_tests() + run_concurrency_tests() + run_open_tests() + run_migrate_tests();
    return failures == 0 ? 0 : 1;
}
