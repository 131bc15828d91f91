/* state.c: fixtures and the state file: what the training till holds, from and to a disk. Private to sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/money.h"
#include "base/text.h"
#include "sandbox/document_int.h"
#include "sandbox/store_int.h"

/* A state of a million records; more is not what this program is for. */
#define STATE_FILE_MAX ((size_t)4 << 30)
enum { WRITE_BLOCK = 1 << 20 };

static int read_descriptor(int fd, const char *path, struct buf *out, struct err *err)
{
    for (;;) {
        char *room = buf_reserve(out, WRITE_BLOCK);
        if (room == NULL)
            return err_set(err, ERR_DATA, N_("the file %s is too large: give a smaller one"), path);
        ssize_t n = read(fd, room, WRITE_BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_DATA, N_("the file %s cannot be read: %s"), path, text_of_errno(errno));
        if (n == 0)
            return OK;
        out->n += (size_t)n;
        out->p[out->n] = '\0';
    }
}

/* *ret_found is false when there is no such file. */
static int read_file(const char *path, struct buf *out, bool *ret_found, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *ret_found = fd >= 0 || errno != ENOENT;
    if (fd < 0)
        return *ret_found ? err_set(err, ERR_DATA, N_("the file %s cannot be read: %s"), path, text_of_errno(errno)) : OK;
    int rc = read_descriptor(fd, path, out, err);
    close(fd);
    return rc;
}

/* ---- records from outside ---- */

static void fresh_id(void *context, int64_t at_utc, char ret[ID_SIZE + 1])
{
    store_new_id(context, at_utc, ret);
}

/* The scope id that the record leaves out. */
static void append_with_scope(struct store *store, const struct resource *resource, struct arena *arena, struct str text, struct buf *out)
{
    struct document document = {.arena = arena};
    document_read(&document, text);
    document_remove(&document, STR("stock_quantity"));
    struct str scope = str_from(resource->scope);
    if (document_get(text, scope).p == NULL)
        document_put(&document, scope, arena_format(arena, "\"%.*s\"", STR_ARG(store_scope_id(store, scope))));
    document_append(out, &document);
}

static int adopt(struct store *store, enum resource_id id, const struct json *record, int64_t at_utc, struct arena *arena, struct err *err)
{
    const struct resource *resource = &resources[id];
    BUF_AUTO adopted = {0};
    BUF_AUTO text = {0};
    struct payload payload = {.arena = arena, .now_utc = at_utc, .new_id = fresh_id, .context = store};
    payload_adopt(&payload, resource->fields, resource->field_count, record, &adopted);
    append_with_scope(store, resource, arena, buf_str(&adopted), &text);
    if (buf_failed(&adopted) || buf_failed(&text))
        return err_memory(err);
    int64_t stock_milli = 0;
    const struct json *stock = json_get(record, STR("stock_quantity"));
    if (json_is(stock, JSON_NUMBER) && decimal_parse_rounded(stock->text, 3, &stock_milli) != DECIMAL_OK)
        stock_milli = 0;
    return store_add(store, id, buf_str(&text), stock_milli, err);
}

/* ---- fixture ---- */

static int adopt_account(struct store *store, const struct json *value, const char *path, struct err *err)
{
    BUF_AUTO text = {0};
    if (json_is(value, JSON_ARRAY))
        value = value->first;
    if (!json_is(value, JSON_OBJECT))
        return err_set(err, ERR_DATA, N_("the fixture %s: `account` is not an object"), path);
    document_append_json(&text, value, NUMBERS_AS_WRITTEN);
    struct str key = store->key;
    int rc = buf_failed(&text) ? err_memory(err) : store_set_account(store, buf_str(&text), err);
    /* An account without a key gets the one that the program tells. */
    return rc == OK && json_get(value, STR("api_key")) == NULL ? store_set_key(store, key, err) : rc;
}

/* Without an account the fixture's own scope ids are the account's: what it holds must be in the lists. */
static int adopt_scopes(struct store *store, const struct json *root, struct err *err)
{
    BUF_AUTO text = {0};
    struct str ids[3] = {store->node_id, store->company_id, store->shop_id};
    static const char *const scopes[3] = {"node_id", "company_id", "shop_id"};
    static const char *const lists[3] = {"nodes", "companies", "shops"};
    struct document account = {.arena = &store->arena};
    document_read(&account, store->account);
    for (size_t i = 0; i < 3; i++) {
        for (size_t r = 0; r < RESOURCE_COUNT; r++) {
            const struct json *records = json_get(root, str_from(resources[r].name));
            struct str id = json_is(records, JSON_ARRAY) && strcmp(resources[r].scope, scopes[i]) == 0
                                ? json_text(json_get(records->first, str_from(scopes[i]))) : STR_NULL;
            if (id.p != NULL)
                ids[i] = id;
        }
        if (str_equal(ids[i], store_scope_id(store, str_from(scopes[i]))))
            continue;
        document_put(&account, str_from(lists[i]), arena_format(&store->arena, "[{\"_id\":\"%.*s\",\"name\":\"Fixture\"}]", STR_ARG(ids[i])));
    }
    document_append(&text, &account);
    return buf_failed(&text) ? err_memory(err) : store_set_account(store, buf_str(&text), err);
}

static int adopt_table(struct store *store, enum resource_id id, const struct json *records, const char *path, int64_t at_utc, struct err *err)
{
    if (records->type != JSON_ARRAY)
        return err_set(err, ERR_DATA, N_("the fixture %s: `%s` is not an array of records"), path, resources[id].name);
    table_clear(&store->tables[id]);
    int64_t position = 0;
    for (const struct json *record = records->first; record != NULL; record = record->next, position++) {
        ARENA_AUTO arena = {0};
        if (record->type != JSON_OBJECT)
            return err_set(err, ERR_DATA, N_("the fixture %s: %s[%s] is not an object"), path, resources[id].name, ERR_INT(position));
        int rc = adopt(store, id, record, at_utc, &arena, err);
        if (rc != OK)
            return rc;
    }
    return OK;
}

static int check_members(const struct json *root, const char *path, struct err *err)
{
    if (root->type != JSON_OBJECT)
        return err_set(err, ERR_DATA, N_("the fixture %s is not a JSON object"), path);
    for (const struct json *member = root->first; member != NULL; member = member->next) {
        bool known = str_equal(member->key, STR("account"));
        for (size_t i = 0; i < RESOURCE_COUNT; i++)
            known = known || str_equal(member->key, str_from(resources[i].name));
        if (!known)
            return err_set(err, ERR_DATA, N_("the fixture %s has a member `%s` that no till has: see docs/sandbox.md"), path, ERR_STR(member->key));
    }
    return OK;
}

int fixture_load(struct store *store, const char *path, int64_t at_utc, struct err *err)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO bytes = {.max = JSON_SIZE_MAX + WRITE_BLOCK};
    bool found;
    struct json *root;
    int rc = read_file(path, &bytes, &found, err);
    if (rc != OK)
        return rc;
    if (!found)
        return err_set(err, ERR_DATA, N_("the fixture %s does not exist"), path);
    struct err reason = {0};
    if (json_parse(&arena, buf_str(&bytes), &root, &reason) != OK) {
        BUF_AUTO text = {0};
        err_format(&reason, &text);
        return err_set(err, ERR_DATA, N_("the fixture %s cannot be read: %s"), path, text.p ? text.p : "");
    }
    rc = check_members(root, path, err);
    if (rc != OK)
        return rc;
    const struct json *account = json_get(root, STR("account"));
    rc = account != NULL ? adopt_account(store, account, path, err) : adopt_scopes(store, root, err);
    for (size_t i = 0; i < RESOURCE_COUNT && rc == OK; i++) {
        const struct json *records = json_get(root, str_from(resources[i].name));
        if (records != NULL)
            rc = adopt_table(store, (enum resource_id)i, records, path, at_utc, err);
    }
    return rc;
}

/* ---- state ---- */

static int flush(int fd, struct buf *out, size_t threshold, const char *path, struct err *err)
{
    if (buf_failed(out))
        return err_memory(err);
    if (out->n < threshold)
        return OK;
    for (size_t done = 0; done < out->n;) {
        ssize_t n = write(fd, out->p + done, out->n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_DATA, N_("the state cannot be written to %s: %s"), path, text_of_errno(errno));
        done += (size_t)n;
    }
    buf_reset(out);
    return OK;
}

static int write_records(const struct store *store, int fd, const char *path, struct err *err)
{
    BUF_AUTO out = {0};
    buf_append(&out, STR("{\"tactill_sandbox\":1,\"account\":"));
    buf_append(&out, store->account);
    buf_append(&out, STR("}\n"));
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        const struct table *table = &store->tables[i];
        for (size_t row = 0; row < table->count; row++) {
            buf_printf(&out, "{\"resource\":\"%s\",\"stock\":", resources[i].name);
            decimal_append(&out, table->records[row].stock_milli, 3, 0);
            buf_append(&out, STR(",\"record\":"));
            buf_append(&out, record_text(&table->records[row]));
            buf_append(&out, STR("}\n"));
            int rc = flush(fd, &out, WRITE_BLOCK, path, err);
            if (rc != OK)
                return rc;
        }
    }
    return flush(fd, &out, 1, path, err);
}

/* The rename counts only when the folder is on the disk too. */
static void sync_folder(const char *path)
{
    BUF_AUTO folder = {0};
    const char *slash = strrchr(path, '/');
    buf_append(&folder, slash == NULL ? STR(".") : (struct str){path, (size_t)(slash - path) + 1});
    int fd = buf_failed(&folder) ? -1 : open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int state_save(const struct store *store, const char *path, struct err *err)
{
    BUF_AUTO temporary = {0};
    buf_printf(&temporary, "%s.new", path);
    if (buf_failed(&temporary))
        return err_memory(err);
    /* The account holds the key: nobody else may read it. */
    int fd = open(temporary.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_DATA, N_("the state cannot be written to %s: %s"), path, text_of_errno(errno));
    int rc = write_records(store, fd, path, err);
    if (rc == OK && fsync(fd) != 0)
        rc = err_set(err, ERR_DATA, N_("the state cannot be written to %s: %s"), path, text_of_errno(errno));
    close(fd);
    if (rc == OK && rename(temporary.p, path) != 0)
        rc = err_set(err, ERR_DATA, N_("the state cannot be written to %s: %s"), path, text_of_errno(errno));
    if (rc != OK)
        unlink(temporary.p);
    else
        sync_folder(path);
    return rc;
}

static int load_line(struct store *store, struct str line, bool first, bool *ret_good, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct json *object;
    struct err reason = {0};
    *ret_good = false;
    if (json_parse(&arena, line, &object, &reason) != OK)
        return OK;
    if (first) {
        const struct json *account = json_get(object, STR("account"));
        BUF_AUTO text = {0};
        if (json_get(object, STR("tactill_sandbox")) == NULL || !json_is(account, JSON_OBJECT))
            return OK;
        document_append_json(&text, account, NUMBERS_AS_WRITTEN);
        *ret_good = true;
        return buf_failed(&text) ? err_memory(err) : store_set_account(store, buf_str(&text), err);
    }
    struct str name = json_text(json_get(object, STR("resource")));
    const struct json *stock = json_get(object, STR("stock")), *record = json_get(object, STR("record"));
    int64_t stock_milli;
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        if (!str_equal(name, str_from(resources[i].name)) || !json_is(record, JSON_OBJECT) || !json_is(stock, JSON_NUMBER) ||
            decimal_parse(stock->text, 3, &stock_milli) != DECIMAL_OK)
            continue;
        BUF_AUTO text = {0};
        document_append_json(&text, record, NUMBERS_AS_WRITTEN);
        *ret_good = true;
        return buf_failed(&text) ? err_memory(err) : store_add(store, (enum resource_id)i, buf_str(&text), stock_milli, err);
    }
    return OK;
}

int state_load(struct store *store, const char *path, bool *ret_found, struct err *err)
{
    BUF_AUTO bytes = {.max = STATE_FILE_MAX};
    int rc = read_file(path, &bytes, ret_found, err);
    if (rc != OK || !*ret_found)
        return rc;
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        table_clear(&store->tables[i]);
    struct str rest = buf_str(&bytes), line;
    for (int64_t number = 1; rest.n > 0 || number == 1; number++) {
        bool good;
        str_cut(rest, '\n', &line, &rest);
        rc = load_line(store, line, number == 1, &good, err);
        if (rc != OK)
            return rc;
        if (!good)
            return err_set(err, ERR_DATA, N_("the state file %s cannot be read at line %s: give another file, or remove this one to begin anew"),
                           path, ERR_INT(number));
    }
    return OK;
}
