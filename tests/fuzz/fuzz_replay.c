/* fuzz_replay.c: the main program of a fuzz target where libFuzzer is not: the regression test. It runs every file of a corpus folder, then the same
 * files cut short and with flipped bits, by a fixed seed, so that it is cheap and says the same each time. With files as arguments it runs just these.
 *
 * usage: fuzz_NAME FOLDER | fuzz_NAME FILE…
 */
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { CHANGES_PER_FILE = 24, INPUT_MAX = 1 << 20, FILES_MAX = 4096, FLIPS_MAX = 4 };

/* What a crash handler can still say. */
static char running[512];

static void on_crash(int number)
{
    ssize_t written = write(STDERR_FILENO, running, strlen(running));

    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

static void run(const char *path, int change, const uint8_t *bytes, size_t size)
{
    /* A block of exactly this size, so that a sanitizer or valgrind sees a byte read beyond it. */
    uint8_t *block = malloc(size > 0 ? size : 1);

    if (block == NULL)
        abort();
    memcpy(block, bytes, size);
    if (change < 0)
        snprintf(running, sizeof running, "while running %s\n", path);
    else
        snprintf(running, sizeof running, "while running change %d of %s\n", change, path);
    LLVMFuzzerTestOneInput(block, size);
    free(block);
}

/* Marsaglia's xorshift64. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Every third is the beginning of the file only; the others have a few bits flipped. */
static void run_changes(const char *path, const uint8_t *bytes, size_t size)
{
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15) + size;
    uint8_t *changed = malloc(size);

    if (changed == NULL)
        abort();
    for (int change = 0; change < CHANGES_PER_FILE; change++) {
        size_t keep = change % 3 == 0 ? next_random(&random) % size : size;
        memcpy(changed, bytes, size);
        for (uint64_t flips = change % 3 == 0 ? 0 : 1 + next_random(&random) % FLIPS_MAX; flips > 0; flips--) {
            uint64_t bit = next_random(&random) % (size * 8);
            changed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        run(path, change, changed, keep);
    }
    free(changed);
}

static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);

    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    *ret_size = fread(bytes, 1, INPUT_MAX, file);
    fclose(file);
    return bytes;
}

static void run_file(const char *path, bool changes_too)
{
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);

    run(path, -1, bytes, size);
    if (changes_too && size > 0)
        run_changes(path, bytes, size);
    free(bytes);
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int run_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, by_name);

    if (count <= 0 || count > FILES_MAX) {
        fprintf(stderr, "%s is no corpus: it holds no file\n", folder);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        char path[400];
        snprintf(path, sizeof path, "%.200s/%.190s", folder, entries[i]->d_name);
        run_file(path, true);
        free(entries[i]);
    }
    free(entries);
    printf("%d inputs, and each in %d changed forms: every law holds\n", count, CHANGES_PER_FILE);
    return 0;
}

int main(int argc, char **argv)
{
    static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct stat status;

    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER | %s FILE…\n", argv[0], argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], on_crash);
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && stat(argv[1], &status) == 0 && S_ISDIR(status.st_mode))
        return run_folder(argv[1]);
    for (int i = 1; i < argc; i++)
        run_file(argv[i], false);
    return 0;
}
