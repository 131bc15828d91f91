/* cmd_document.c: liaison document show and validate (the list is in cmd_list.c). */
#include "base/money.h"
#include "cli/section_int.h"

/* ---- show ---- */

/* Why a draft is not validated: {"code":"stock","args":[{"code":…,"missing_milli":…}]} in words. */
static int show_block(struct cli *cli, int64_t id, struct err *err)
{
    static const char SELECT_BLOCK[] = "SELECT block FROM document WHERE company_id = $1 AND document_id = $2";
    struct str text = STR_NULL;
    struct json *block = NULL;
    int rc = db_query_text(cli->db, &cli->arena, &text, SELECT_BLOCK, err, DB_INT(cli->company.id), DB_INT(id));

    if (rc <= 0)
        return rc;
    rc = json_parse(&cli->arena, text, &block, err);
    const struct json *args = rc == OK ? json_get(block, STR("args")) : NULL;
    bool closed = rc == OK && str_equal(json_text(json_get(block, STR("code"))), STR("closed"));
    for (const struct json *item = args ? args->first : NULL; item; item = item->next) {
        const struct json *missing = json_get(item, STR("missing_milli"));
        int64_t milli = 0;
        if (closed) {
            say_to(&cli->out, N_("✗ Not validated: its date is in a period that is closed until %s. Ask the accountant (liaison company set --closed-until …), then liaison document validate.\n"),
                   text_of(cli, json_text(item)), NULL);
            continue;
        }
        if (missing && decimal_parse(missing->text, 0, &milli) != DECIMAL_OK)
            milli = 0;
        say_to(&cli->out, N_("✗ Not validated: %s of article %s are missing in stock. Count them (liaison article set %s --stock …), then liaison document validate.\n"),
               text_of_milli(cli, milli), text_of(cli, json_text(json_get(item, STR("code")))),
               text_of_word(cli, json_text(json_get(item, STR("code")))), NULL);
    }
    return rc;
}

static int show_document(struct cli *cli, int64_t id, struct err *err)
{
    const struct report_record *record = report_record_by_name("document");
    int rc = section_show_fields(cli, &record->head, id, err);

    if (rc >= 0)
        rc = show_block(cli, id, err);
    return rc == OK ? record_show_parts(cli, record, id, err) : rc;
}

int cmd_document_show(struct cli *cli, struct err *err)
{
    struct str number = cli->arguments->words[0];
    int64_t id = 0;
    int found = document_find(cli->db, cli->company.id, number, &id, err);

    if (found < 0)
        return found;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, N_("there is no document %s: liaison document list shows them"), ERR_STR(number));
    return cli->json ? record_put_json(cli, report_record_by_name("document"), id, err) : show_document(cli, id, err);
}

/* ---- validate ---- */

int cmd_document_validate(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct sync_environment environment;
    struct resume_result result = {0};
    int rc = session_environment(cli, &environment, err);

    if (rc == OK)
        rc = sync_validate_documents(&environment, arguments->words, arguments->word_count, &result, err);
    if (rc != OK)
        return rc;
    cli->remains = result.still_blocked > 0;
    if (cli->json) {
        sync_append_resume_json(&cli->out, &result);
        buf_append_char(&cli->out, '\n');
        return OK;
    }
    say(cli, N_("%s drafts tried: %s validated, %s still blocked; %s reconciled with their payments."), text_of_int(cli, result.tried), text_of_int(cli, result.validated),
        text_of_int(cli, result.still_blocked), text_of_int(cli, result.reconciled), NULL);
    if (result.still_blocked)
        say(cli, N_("liaison document show NUMBER says what is missing."), NULL);
    return OK;
}
