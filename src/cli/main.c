/* main.c: the program liaison. All of it is in cli.c, so that tests can call it. */
#include "cli/cli_int.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
