/* static.c: the built pages. All files are read when the server starts, into a table by path, so that a request can name one of them and nothing else on the disk. A file beside which
 * NAME.gz stands goes out compressed to who takes that. A path that is no file and could be a page of the application gets index.html, which knows what to show. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server_int.h"

enum { FILES_MAX = 2000, DEPTH_MAX = 8 };
#define BYTES_MAX ((size_t)64 << 20)

struct static_file { struct str path, bytes, gzip, tag; const char *type; };
struct static_files {
    struct arena arena;
    struct static_file files[FILES_MAX];   /* sorted by path */
    size_t count, bytes;
};

static const char *type_of(struct str path)
{
    static const struct { const char *ending, *type; } types[] = {
        {".html", "text/html; charset=utf-8"},      {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".json", "application/json"},
        {".svg", "image/svg+xml"},                  {".png", "image/png"},                     {".ico", "image/x-icon"},            {".woff2", "font/woff2"},
        {".yaml", "application/yaml; charset=utf-8"}, {".webmanifest", "application/manifest+json"}, {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ends_with(path, str_from(types[i].ending)))
            return types[i].type;
    return "application/octet-stream";
}

static int read_file(struct static_files *files, const char *path, struct str *ret, struct err *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t n = 0;
    char *bytes = NULL;

    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (size_t)status.st_size > BYTES_MAX - files->bytes)
        goto refuse;
    bytes = arena_alloc(&files->arena, (size_t)status.st_size + 1);
    if (!bytes) {
        close(fd);
        return err_memory(err);
    }
    while (n < (size_t)status.st_size) {
        ssize_t part = read(fd, bytes + n, (size_t)status.st_size - n);
        if (part <= 0)
            goto refuse;
        n += (size_t)part;
    }
    close(fd);
    files->bytes += n;
    *ret = (struct str){bytes, n};
    return OK;
refuse:
    if (fd >= 0)
        close(fd);
    return err_set(err, ERR_DATA, N_("the page file %s cannot be read: build the web interface again"), path);
}

static int add_file(struct static_files *files, const char *path, struct str name, struct err *err)
{
    unsigned char fingerprint[FINGERPRINT_SIZE];
    struct static_file file = {.type = type_of(name)};
    BUF_AUTO tag = {0};

    if (files->count == FILES_MAX)
        return err_set(err, ERR_DATA, N_("the folder of the web interface holds more files than it should: name the right one with --ui"));
    int rc = read_file(files, path, &file.bytes, err);
    if (rc != OK)
        return rc;
    hash_fingerprint(file.bytes, fingerprint);
    buf_append_char(&tag, '"');
    hex_append(&tag, fingerprint, sizeof fingerprint);
    buf_append_char(&tag, '"');
    file.path = arena_copy(&files->arena, name);
    file.tag = buf_failed(&tag) ? STR_NULL : arena_copy(&files->arena, buf_str(&tag));
    if (!file.path.p || !file.tag.p)
        return err_memory(err);
    files->files[files->count++] = file;
    return OK;
}

/* `name` is the path in the folder, "/assets"; the folder's own is "". */
static int add_folder(struct static_files *files, struct str folder, struct str name, int depth, struct err *err)
{
    struct str path = arena_format(&files->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(name));
    DIR *directory = path.p ? opendir(path.p) : NULL;
    struct dirent *entry;
    int rc = OK;

    if (!path.p)
        return err_memory(err);
    if (!directory)
        return err_set(err, ERR_DATA, N_("the folder of the web interface, %s, cannot be read (%s): build it, or name another one with --ui"), path.p, text_of_errno(errno));
    while (rc == OK && (entry = readdir(directory))) {
        struct stat status;
        struct str inner = arena_format(&files->arena, "%.*s/%s", STR_ARG(name), entry->d_name), whole = arena_format(&files->arena, "%.*s/%s", STR_ARG(path), entry->d_name);
        if (!inner.p || !whole.p)
            rc = err_memory(err);
        else if (entry->d_name[0] == '.' || lstat(whole.p, &status) != 0)
            continue;
        else if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
            rc = add_folder(files, folder, inner, depth + 1, err);
        else if (S_ISREG(status.st_mode))
            rc = add_file(files, whole.p, inner, err);
    }
    closedir(directory);
    return rc;
}

static int compare_files(const void *a, const void *b)
{
    return str_compare(((const struct static_file *)a)->path, ((const struct static_file *)b)->path);
}

static const struct static_file *find(const struct static_files *files, struct str path)
{
    const struct static_file wanted = {.path = path};
    return files->count ? bsearch(&wanted, files->files, files->count, sizeof wanted, compare_files) : NULL;
}

/* "<folder of the program>/ui" when it is there, else the installed one, else nothing. */
static struct str default_folder(struct arena *arena)
{
    char program[4096];
    struct stat status;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    struct str beside = arena_format(arena, "%s/ui", program), installed = STR(UI_DIR);
    if (slash && beside.p && stat(beside.p, &status) == 0 && S_ISDIR(status.st_mode))
        return beside;
    return stat(installed.p, &status) == 0 && S_ISDIR(status.st_mode) ? installed : STR_NULL;
}

int static_load(struct static_files **ret, struct str folder, struct err *err)
{
    struct static_files *files = mem_alloc_zero(1, sizeof *files);
    int rc = OK;

    if (!files)
        return err_memory(err);
    if (!folder.p)
        folder = default_folder(&files->arena);
    if (folder.p)
        rc = add_folder(files, folder, STR(""), 0, err);
    if (rc != OK) {
        static_free(files);
        return rc;
    }
    if (files->count)
        qsort(files->files, files->count, sizeof files->files[0], compare_files);
    for (size_t i = 0; i < files->count; i++) {
        struct str name = arena_format(&files->arena, "%.*s.gz", STR_ARG(files->files[i].path));
        const struct static_file *compressed = name.p ? find(files, name) : NULL;
        files->files[i].gzip = compressed ? compressed->bytes : STR_NULL;
    }
    *ret = files;
    return OK;
}

void static_free(struct static_files *files)
{
    if (!files)
        return;
    arena_release(&files->arena);
    mem_free(files);
}

/* ---- answering ---- */

/* A page of the application has no dot in its last part; "/" is one too. */
static bool may_be_page(struct str path)
{
    const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    return slash && !memchr(slash, '.', (size_t)(path.p + path.n - slash)) && !str_starts_with(path, STR("/api/"));
}

void static_answer(const struct static_files *files, const struct http_server_request *request, struct http_server_response *response)
{
    struct str path = request->path, index = arena_format(request->arena, "%.*s%sindex.html", STR_ARG(path), str_ends_with(path, STR("/")) ? "" : "/");
    const struct static_file *file = find(files, path);

    if (!file && index.p)
        file = find(files, index);
    if (!file && may_be_page(path))
        file = find(files, STR("/index.html"));
    if (!file) {
        bool unbuilt = files->count == 0 && may_be_page(path);
        response->status = unbuilt ? 503 : 404;
        response->body = unbuilt ? STR("The web interface was not built: run make, or name its folder with --ui. The API is at /api/v1.\n") : STR("not found\n");
        http_server_add_header(response, "Content-Type", STR("text/plain; charset=utf-8"));
        http_server_add_header(response, "Cache-Control", STR("no-store"));
        return;
    }
    bool same = str_equal(str_trim(http_server_header(request, "If-None-Match")), file->tag), compressed = file->gzip.p && http_server_takes_gzip(request);
    response->status = same ? 304 : 200;
    response->body = same ? STR("") : compressed ? file->gzip : file->bytes;
    http_server_add_header(response, "Content-Type", str_from(file->type));
    http_server_add_header(response, "ETag", file->tag);
    http_server_add_header(response, "Vary", STR("Accept-Encoding"));
    if (compressed && !same)
        http_server_add_header(response, "Content-Encoding", STR("gzip"));
    /* What is built under assets/ bears a hash in its name, and never changes. */
    http_server_add_header(response, "Cache-Control", str_starts_with(file->path, STR("/assets/")) ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
}
