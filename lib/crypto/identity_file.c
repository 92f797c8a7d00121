#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/armor.h"
#include "crypto/identity.h"
#include "crypto/scrypt.h"
#include "crypto/ssh.h"

static const char age_line[] = "age-encryption.org/";

static int
append(struct gv_identity_list *ids, struct gv_identity *id)
{
	int r = GV_GROW(ids->all, ids->n, ids->cap);

	if (r < 0)
		gv_identity_release(id);
	else
		ids->all[ids->n++] = *id;
	return r;
}

static int
read_line(struct gv_identity_list *ids, const char *line, size_t len, size_t at)
{
	struct gv_identity id;
	int r;

	while (len > 0 && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	if (len == 0 || line[0] == '#')
		return 0;
	r = gv_identity_parse(&id, line, len);
	if (r < 0)
		return gv_err_in(r, "line %zu", at);
	return append(ids, &id);
}

static int
read_lines(struct gv_identity_list *ids, const char *text, size_t len)
{
	const char *end = text + len, *lf;
	size_t at = 0, before = ids->n;
	int r = 0;

	for (; r == 0 && text < end; text = lf ? lf + 1 : end) {
		lf = memchr(text, '\n', (size_t)(end - text));
		r = read_line(
		    ids, text, (size_t)((lf ? lf : end) - text), ++at);
	}
	if (r == 0 && ids->n == before)
		r = gv_err(GV_ECORRUPT, "there is no identity in it");
	return r;
}

static int
read_plain(struct gv_identity_list *ids, const char *text, size_t len)
{
	struct gv_identity id;
	int r;

	if (!gv_ssh_is_private(text, len))
		return read_lines(ids, text, len);
	r = gv_identity_ssh(&id, text, len);
	return r < 0 ? r : append(ids, &id);
}

/* A file that age sealed, whose passphrase is asked for; what is in it is not
 * sealed once more. */
static int
read_sealed(struct gv_identity_list *ids, const char *file, size_t len,
    gv_identity_ask *ask, void *ctx)
{
	struct gv_secret passphrase = GV_SECRET_INIT, plain = GV_SECRET_INIT;
	struct gv_identity id = GV_IDENTITY_INIT;
	const struct gv_identity *with = &id;
	int r;

	if (ask == NULL)
		return gv_err(GV_ENOKEY,
		    "it is encrypted with a passphrase, and there is no "
		    "terminal to ask for it");
	if ((r = ask(ctx, &passphrase)) == 0 &&
	    (r = gv_identity_passphrase(
		 &id, passphrase.p, passphrase.len, GV_SCRYPT_WORK_MAX)) == 0)
		r = gv_age_open(&plain, &with, 1, file, len, NULL);
	if (r == GV_ENOKEY)
		gv_err(r,
		    "the passphrase is wrong, or the file is not encrypted by "
		    "a passphrase");
	if (r == 0)
		r = read_plain(ids, (const char *)plain.p, plain.len);
	gv_secret_release(&passphrase);
	gv_secret_release(&plain);
	gv_identity_release(&id);
	return r;
}

static int
read_any(struct gv_identity_list *ids, const char *text, size_t len,
    gv_identity_ask *ask, void *ctx)
{
	struct gv_buf file = GV_BUF_INIT;
	size_t n = sizeof(age_line) - 1;
	int r;

	if (len >= n && memcmp(text, age_line, n) == 0)
		return read_sealed(ids, text, len, ask, ctx);
	if (!gv_armor_is(text, len))
		return read_plain(ids, text, len);
	if ((r = gv_armor_read(&file, text, len)) == 0)
		r = read_sealed(ids, file.p, file.len, ask, ctx);
	gv_buf_release(&file);
	return r;
}

int
gv_identity_list_read(struct gv_identity_list *out, const char *text,
    size_t len, gv_identity_ask *ask, void *ctx)
{
	size_t before = out->n;
	int r = read_any(out, text, len, ask, ctx);

	while (r < 0 && out->n > before)
		gv_identity_release(&out->all[--out->n]);
	return r;
}

void
gv_identity_list_release(struct gv_identity_list *ids)
{
	if (ids == NULL)
		return;
	while (ids->n > 0)
		gv_identity_release(&ids->all[--ids->n]);
	free(ids->all);
	memset(ids, 0, sizeof(*ids));
}
