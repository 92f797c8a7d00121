#include "key/backend_wrapped.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "key/backend.h"

/*
 *	git-vault wrapped identity 1\n
 *	vault NAME\n			for messages
 *	kind transit\n			or kms
 *	address ADDRESS\n
 *	mount MOUNT\n
 *	namespace NAMESPACE\n
 *	role ROLE\n
 *	region REGION\n
 *	key KEY\n
 *	data TEXT\n
 *
 * in this order; what is not known has no line, but vault, kind, key and data.
 * A field is printable ASCII without blanks. Where it is comes before its key.
 */
static const char head[] = "git-vault wrapped identity 1\n";
static const char any_head[] = "git-vault wrapped identity ";

static const char *const kinds[] = {
	[GV_POLICY_TRANSIT] = "transit", [GV_POLICY_KMS] = "kms"
};

/* The name of a field and where it is. */
struct field {
	const char *name;
	const char **value;
};

#define FIELDS 7

static void
list_fields(
    struct field out[FIELDS], struct gv_policy_vault *v, const char **data)
{
	out[0] = (struct field){ "address ", &v->address };
	out[1] = (struct field){ "mount ", &v->mount };
	out[2] = (struct field){ "namespace ", &v->space };
	out[3] = (struct field){ "role ", &v->role };
	out[4] = (struct field){ "region ", &v->region };
	out[5] = (struct field){ "key ", &v->key };
	out[6] = (struct field){ "data ", data };
}

static bool
is_field(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return len > 0;
}

/* "name VALUE\n" from *at on, which moves behind it; the line feed becomes the
 * NUL of the value. NULL: this is another line. */
static const char *
take_field(char **at, char *end, const char *name)
{
	size_t n = strlen(name);
	char *value = *at + n, *stop;

	if ((size_t)(end - *at) < n || memcmp(*at, name, n) != 0)
		return NULL;
	stop = memchr(value, '\n', (size_t)(end - value));
	if (stop == NULL || !is_field(value, (size_t)(stop - value)))
		return NULL;
	*stop = '\0';
	*at = stop + 1;
	return value;
}

bool
gv_backend_wrapped_is(const void *data, size_t len)
{
	return len >= sizeof(any_head) - 1 &&
	    memcmp(data, any_head, sizeof(any_head) - 1) == 0;
}

bool
gv_backend_wrapped_same(
    const void *a, size_t a_len, const void *b, size_t b_len)
{
	const char *end = memmem(a, a_len, "\nkey ", 5);
	size_t len = end ? (size_t)(end - (const char *)a) + 5 : 0;

	return len && b_len >= len && memcmp(a, b, len) == 0;
}

int
gv_backend_wrapped_parse(
    struct gv_backend_wrapped *out, const void *data, size_t len)
{
	struct field fields[FIELDS];
	char *at = out->text + sizeof(head) - 1, *end = at;
	const char *kind = NULL;
	size_t i;

	memset(&out->vault, 0, sizeof(out->vault));
	out->data = NULL;
	list_fields(fields, &out->vault, &out->data);
	if (len <= sizeof(out->text) && len >= sizeof(head) - 1 &&
	    memcmp(data, head, sizeof(head) - 1) == 0) {
		memcpy(out->text, data, len);
		end = out->text + len;
		out->vault.name = take_field(&at, end, "vault ");
		kind = take_field(&at, end, "kind ");
		for (i = 0; i < FIELDS; i++)
			*fields[i].value = take_field(&at, end, fields[i].name);
	}
	out->vault.kind = kind && strcmp(kind, kinds[GV_POLICY_KMS]) == 0
	    ? GV_POLICY_KMS
	    : GV_POLICY_TRANSIT;
	if (out->vault.name && kind &&
	    strcmp(kind, kinds[out->vault.kind]) == 0 && at == end &&
	    out->vault.key && out->data &&
	    (out->vault.mount || out->vault.kind == GV_POLICY_KMS))
		return 0;
	return gv_err(GV_ECORRUPT, "this is no wrapped identity, or damaged");
}

int
gv_backend_wrapped_format(
    struct gv_buf *out, const struct gv_policy_vault *vault, const char *data)
{
	struct gv_policy_vault v = *vault;
	struct field fields[FIELDS];
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	list_fields(fields, &v, &data);
	gv_buf_addf(
	    &text, "%svault %s\nkind %s\n", head, v.name, kinds[v.kind]);
	for (i = 0; r == 0 && i < FIELDS; i++) {
		const char *value = *fields[i].value;

		if (value == NULL)
			continue;
		if (!is_field(value, strlen(value)))
			r = gv_err(GV_EREFUSED,
			    "the vault %s: '%.64s' cannot be part of an "
			    "identity",
			    v.name, value);
		gv_buf_addf(&text, "%s%s\n", fields[i].name, value);
	}
	if (r < 0 || (r = gv_buf_check(&text)) < 0)
		goto out;
	if (text.len > GV_BACKEND_WRAPPED_MAX) {
		r = gv_err(GV_EREFUSED, "the wrapped identity is too large");
		goto out;
	}
	gv_buf_add(out, text.p, text.len);
out:
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_backend_wrapped_make(struct gv_buf *out, const struct gv_policy_vault *vault,
    const void *p, size_t len)
{
	struct gv_buf data = GV_BUF_INIT;
	struct gv_backend *b = NULL;
	int r;

	if (vault->kind != GV_POLICY_TRANSIT && vault->kind != GV_POLICY_KMS)
		return gv_err(GV_EREFUSED,
		    "the vault %s keeps values and wraps no keys", vault->name);
	if ((r = gv_backend_open(&b, vault)) == 0) {
		r = gv_backend_wrap(b, &data, p, len);
		if (r < 0)
			r = gv_err_in(r, "vault %s", vault->name);
	}
	if (r == 0)
		r = gv_backend_wrapped_format(out, vault, data.p);
	gv_backend_close(b);
	gv_buf_release(&data);
	return r;
}

int
gv_backend_wrapped_open(struct gv_secret *out, const void *data, size_t len)
{
	struct gv_backend_wrapped *wrapped = malloc(sizeof(*wrapped));
	struct gv_backend *b = NULL;
	int r;

	if (wrapped == NULL)
		return gv_err_nomem();
	if ((r = gv_backend_wrapped_parse(wrapped, data, len)) == 0 &&
	    (r = gv_backend_open(&b, &wrapped->vault)) == 0) {
		r = gv_backend_unwrap(b, out, wrapped->data);
		if (r < 0)
			r = gv_err_in(r, "vault %s", wrapped->vault.name);
	}
	gv_backend_close(b);
	free(wrapped);
	return r;
}
