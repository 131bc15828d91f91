/* server_tls.c: certificate and key are looked at before libmicrohttpd gets them, because it would only say that it does not start. Used by net's server. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/mem.h"
#include "net/server_int.h"

enum { KEY_ID_SIZE = 64 };

/* gnutls hands over an array that it allocated, of certificates that it allocated. */
static void chain_release(gnutls_x509_crt_t *chain, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
}

static gnutls_datum_t datum_of(struct str s)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)s.p, (unsigned int)s.n}; /* gnutls reads only, but its type says otherwise */
}

static int check_pair(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, struct err *err)
{
    unsigned char of_certificate[KEY_ID_SIZE], of_key[KEY_ID_SIZE];
    size_t certificate_n = sizeof(of_certificate), key_n = sizeof(of_key);
    int certificate_rc = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, of_certificate, &certificate_n);
    int key_rc = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_n);
    if (certificate_rc == 0 && key_rc == 0 && certificate_n == key_n && memcmp(of_certificate, of_key, key_n) == 0)
        return OK;
    return err_set(err, ERR_DATA, N_("the certificate and the key do not belong together: the first certificate of the file must be the one that was made for this key"));
}

static int check_key(gnutls_x509_crt_t certificate, struct str text, struct err *err)
{
    gnutls_x509_privkey_t key;
    gnutls_datum_t datum = datum_of(text);
    int rc = gnutls_x509_privkey_init(&key);
    if (rc != 0)
        return err_memory(err);
    rc = gnutls_x509_privkey_import2(key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        rc = err_set(err, ERR_DATA, N_("the key of the certificate is protected by a password: give it without (openssl pkey -in FILE -out NEW)"));
    else if (rc != 0)
        rc = err_set(err, ERR_DATA, N_("the key of the certificate cannot be read (%s): a PEM text is needed, with BEGIN PRIVATE KEY"), gnutls_strerror(rc));
    else
        rc = check_pair(certificate, key, err);
    gnutls_x509_privkey_deinit(key);
    return rc;
}

static int check(struct str certificate, struct str key, struct err *err)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned int n = 0;
    gnutls_datum_t datum = datum_of(certificate);
    int rc = gnutls_x509_crt_list_import2(&chain, &n, &datum, GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0)
        return err_set(err, ERR_DATA, N_("the certificate cannot be read (%s): a PEM text is needed, with BEGIN CERTIFICATE"), gnutls_strerror(rc));
    rc = check_key(chain[0], key, err);
    chain_release(chain, n);
    return rc;
}

static char *copy(struct str s)
{
    char *text = mem_alloc(s.n + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return text;
}

int tls_open(struct tls_texts *ret, struct str certificate, struct str key, struct err *err)
{
    int rc = check(certificate, key, err);
    if (rc != OK)
        return rc;
    ret->certificate = copy(certificate);
    ret->key = copy(key);
    if (ret->certificate != NULL && ret->key != NULL)
        return OK;
    tls_release(ret);
    return err_memory(err);
}

void tls_release(struct tls_texts *texts)
{
    if (texts->key != NULL)
        explicit_bzero(texts->key, strlen(texts->key));
    mem_free(texts->key);
    mem_free(texts->certificate);
    *texts = (struct tls_texts){0};
}
