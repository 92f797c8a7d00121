#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "vault/trailer.h"

/*
 * A commit of one parent (the first: none) with the empty tree:
 *
 *	unseal
 *
 *	Vault-Format: 1
 *	Vault-Number: 7						1, 2, 3 …
 *	Vault-Event: unseal
 *	Vault-Time: 2026-11-20T07:12:44Z
 *	Vault-Actor: A U Thor <author@example.com>
 *	Vault-User: author@host
 *	Vault-Keyring: SHA256:43 digits		of the vault; where it has one
 *	Vault-Pipeline: github octocat
 *	Vault-Ids: 40 digits, a blank between two; the first 50
 *	Vault-Ids-All: how many, SHA-256 of them, a line each	of more
 *	Vault-Snapshots: 20261120T071244Z-1a2b3c4d …; the first 500
 *	Vault-Snapshots-All: how many, SHA-256 of them, a line each
 *	Vault-Scopes: dev prod
 *	Vault-Snapshot: 20261120T071244Z-1a2b3c4d
 *	Vault-Target: ../there
 *	Vault-Result: done
 *	Vault-Reason: the migration
 *	Vault-Told: 2026-11-20T08:00:00Z	where it had to wait
 *	Vault-Signature: base 64 of key and signature of all before this line
 */

#define FORMAT 1

static int
damaged(const char *what)
{
	return gv_err(GV_ECORRUPT, "%s", what);
}

/* Set the message's beginning, from behind the headers; NULL for no commit. */
static int
read_head(
    struct gv_audit_entry *e, const char **message, const char *p, size_t len)
{
	const size_t first = 5 + GV_OID_HEX + 1, second = 7 + GV_OID_HEX + 1;
	struct gv_oid tree;
	const char *blank;

	if (len < first || memcmp(p, "tree ", 5) != 0 ||
	    gv_oid_parse(&tree, p + 5) < 0 ||
	    !gv_oid_equal(&tree, &gv_oid_empty_tree))
		return damaged("its tree is not empty");
	p += first;
	len -= first;
	if (len > second && memcmp(p, "parent ", 7) == 0) {
		if (gv_oid_parse(&e->parent, p + 7) < 0)
			return damaged("its parent is invalid");
		p += second;
		len -= second;
	}
	if (len < 7 || memcmp(p, "author ", 7) != 0)
		return damaged("it is no event but a merge, or no commit");
	blank = memmem(p, len, "\n\n", 2);
	if (blank == NULL)
		return damaged("it has no message");
	*message = blank + 2;
	return 0;
}

/* 0, and whether it is one of these bytes. */
static int
check_signature(struct gv_audit_entry *e, bool *is_forged, const char *data,
    size_t len, const struct gv_trailer *t)
{
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_sign sign;
	size_t signed_len = (size_t)(t->key - data);
	int r = gv_enc_unbase64(&bytes, t->value, t->value_len);

	if (r == 0 && bytes.len != sizeof(sign))
		r = GV_ECORRUPT;
	/* nothing stands behind it: that would be said by nobody */
	if (r == 0 && t->value + t->value_len + 1 != data + len)
		r = GV_ECORRUPT;
	if (r == 0) {
		memcpy(&sign, bytes.p, sizeof(sign));
		memcpy(e->key, sign.key, sizeof(e->key));
		e->is_signed = true;
		r = gv_sign_check(&sign, GV_AUDIT_SPACE, data, signed_len);
	}
	gv_buf_release(&bytes);
	if (r == GV_ENOMEM)
		return r;
	*is_forged |= r < 0;
	return 0;
}

static int
read_number(uint64_t *out, const char *p, size_t len)
{
	size_t i;

	*out = 0;
	for (i = 0; i < len && p[i] >= '0' && p[i] <= '9' && i < 18; i++)
		*out = *out * 10 + (uint64_t)(p[i] - '0');
	return i && (i == len || p[i] == ' ') ? 0 : GV_ERROR;
}

/* YYYY-MM-DDTHH:MM:SSZ */
static int
read_time(int64_t *out, const struct gv_trailer *t)
{
	char compact[GV_TIME_MAX], again[GV_TIME_MAX];
	size_t i, n = 0;

	if (t->value_len != 20)
		return damaged("its time is invalid");
	for (i = 0; i < 20; i++)
		if (t->value[i] != '-' && t->value[i] != ':')
			compact[n++] = t->value[i];
	compact[n] = '\0';
	if (n != 16 || gv_time_parse_compact(out, compact) < 0)
		return damaged("its time is invalid");
	gv_time_rfc3339(again, *out);
	return memcmp(again, t->value, 20) == 0
	    ? 0
	    : damaged("its time is invalid");
}

static int
check_snapshots(struct gv_audit_entry *e, const char *p)
{
	if (e->n_snapshots)
		return 0;
	for (e->n_snapshots = 1; *p; p++)
		e->n_snapshots += *p == ' ';
	return 0;
}

static int
check_ids(struct gv_audit_entry *e, const char *p, size_t len)
{
	unsigned char id[GV_DIGEST_BYTES];
	size_t i;

	if (len == 0 || (len + 1) % (GV_AUDIT_ID + 1) != 0)
		return damaged("its ids are invalid");
	for (i = 0; i < len; i += GV_AUDIT_ID + 1)
		if (gv_enc_unhex(id, p + i, sizeof(id)) < 0 ||
		    (i && p[i - 1] != ' '))
			return damaged("its ids are invalid");
	if (e->n_ids == 0)
		e->n_ids = (len + 1) / (GV_AUDIT_ID + 1);
	return 0;
}

static int
read_format(const struct gv_trailer *t)
{
	uint64_t v;

	if (read_number(&v, t->value, t->value_len) < 0 || v == 0)
		return damaged("its format is invalid");
	return v > FORMAT ? gv_err(GV_EREFUSED,
				"it is of format %llu, and this git vault "
				"knows %d; use a newer one",
				(unsigned long long)v, FORMAT)
			  : 0;
}

/* Of more than are listed. */
static int
read_sum(uint64_t *out, const struct gv_trailer *t)
{
	return read_number(out, t->value, t->value_len) < 0
	    ? damaged("its number of ids is invalid")
	    : 0;
}

static int
read_trailer(struct gv_audit_entry *e, const struct gv_trailer *t)
{
	const struct {
		const char *key;
		char **at;
	} texts[] = { { "Vault-Event", &e->what }, { "Vault-Actor", &e->actor },
		{ "Vault-User", &e->user }, { "Vault-Snapshot", &e->snapshot },
		{ "Vault-Reason", &e->reason }, { "Vault-Ids", &e->ids },
		{ "Vault-Scopes", &e->scopes },
		{ "Vault-Pipeline", &e->pipeline },
		{ GV_AUDIT_VAULT, &e->keyring },
		{ "Vault-Snapshots", &e->snapshots },
		{ "Vault-Target", &e->target },
		{ "Vault-Result", &e->result } };
	size_t i;
	int r;

	if (gv_trailer_is(t, "Vault-Format"))
		return read_format(t);
	if (gv_trailer_is(t, "Vault-Time"))
		return read_time(&e->time, t);
	if (gv_trailer_is(t, "Vault-Told"))
		return read_time(&e->told, t);
	if (gv_trailer_is(t, "Vault-Number"))
		return read_number(&e->number, t->value, t->value_len) < 0
		    ? damaged("its number is invalid")
		    : 0;
	if (gv_trailer_is(t, "Vault-Ids-All"))
		return read_sum(&e->n_ids, t);
	if (gv_trailer_is(t, "Vault-Snapshots-All"))
		return read_sum(&e->n_snapshots, t);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!gv_trailer_is(t, texts[i].key))
			continue;
		if (*texts[i].at)
			return gv_err(GV_ECORRUPT,
			    "its trailer %s is there twice", texts[i].key);
		r = gv_trailer_read(
		    texts[i].at, texts[i].key, t->value, t->value_len);
		if (r == 0 && texts[i].at == &e->ids)
			r = check_ids(e, e->ids, strlen(e->ids));
		if (r == 0 && texts[i].at == &e->snapshots)
			r = check_snapshots(e, e->snapshots);
		return r;
	}
	return 0; /* of a later version */
}

int
gv_audit_read(
    struct gv_audit_entry *out, bool *is_forged, const void *data, size_t len)
{
	struct gv_audit_entry e = { .time = -1 };
	struct gv_trailer_iter it;
	struct gv_trailer t;
	const char *message = NULL;
	int r = 0;

	memset(out, 0, sizeof(*out));
	*is_forged = false;
	if (len == 0 || memchr(data, '\0', len))
		r = damaged("it is not a text");
	if (r == 0 && (r = read_head(&e, &message, data, len)) == 0)
		gv_trailer_begin(
		    &it, message, len - (size_t)(message - (const char *)data));
	while (r == 0 && (r = gv_trailer_next(&it, &t)) > 0)
		r = gv_trailer_is(&t, "Vault-Signature")
		    ? check_signature(&e, is_forged, data, len, &t)
		    : read_trailer(&e, &t);
	if (r == 0 && (!e.what || !e.actor || !e.user || e.time < 0))
		r = damaged(
		    "it does not record what was done, who did it and when");
	if (r < 0)
		gv_audit_entry_release(&e);
	else
		*out = e;
	return r;
}

int
gv_audit_parse(struct gv_audit_entry *out, const void *data, size_t len)
{
	bool is_forged;
	int r = gv_audit_read(out, &is_forged, data, len);

	if (r == 0 && is_forged) {
		gv_audit_entry_release(out);
		r = damaged("its signature is not of these bytes");
	}
	return r;
}

void
gv_audit_entry_release(struct gv_audit_entry *e)
{
	if (e == NULL)
		return;
	free(e->what);
	free(e->actor);
	free(e->user);
	free(e->keyring);
	free(e->pipeline);
	free(e->target);
	free(e->result);
	free(e->snapshots);
	free(e->snapshot);
	free(e->reason);
	free(e->ids);
	free(e->scopes);
	memset(e, 0, sizeof(*e));
}

int
gv_audit_load(
    struct gv_audit_entry *out, struct gv_odb *odb, const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	memset(out, 0, sizeof(*out));
	if (r == 0 && obj.len > GV_AUDIT_MAX)
		r = gv_err(GV_ECORRUPT, "no event is so large");
	if (r == 0)
		r = gv_audit_parse(out, obj.data, obj.len);
	gv_object_release(&obj);
	gv_oid_format(hex, commit);
	if (r == 0)
		out->commit = *commit;
	return r == GV_ECORRUPT || r == GV_EREFUSED
	    ? gv_err_in(r, "event %s of the audit chain", hex)
	    : r;
}

/* A chain cannot be a ring, since each commit names the one before. */
int
gv_audit_each_from(struct gv_odb *odb, const struct gv_oid *tip,
    const struct gv_oid *seen,
    int (*fn)(void *ctx, const struct gv_audit_entry *e), void *ctx)
{
	bool found = seen == NULL || gv_oid_is_zero(seen);
	struct gv_oid at = *tip;
	struct gv_audit_entry e;
	int r = 0;

	while (r == 0 && !gv_oid_is_zero(&at)) {
		r = gv_audit_load(&e, odb, &at);
		if (r == GV_ENOTFOUND)
			return gv_err_in(
			    GV_ECORRUPT, "one of its events is missing");
		if (r < 0)
			return r;
		found = found || gv_oid_equal(&at, seen);
		at = e.parent;
		r = fn ? fn(ctx, &e) : 0;
		gv_audit_entry_release(&e);
		if (r >= 0)
			r = gv_cancel_requested() ? gv_cancel_error() : 0;
	}
	if (r == 0 && !found)
		r = gv_err(GV_EREFUSED,
		    "it does not lead to the event that was its last one: "
		    "somebody rewrote it");
	return r;
}

int
gv_audit_each(struct gv_repo *repo, const char *ref, const struct gv_oid *seen,
    int (*fn)(void *ctx, const struct gv_audit_entry *e), void *ctx)
{
	struct gv_odb *odb;
	struct gv_oid tip = { { 0 } };
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_ref_find(&tip, repo, ref)) == 0 &&
	    gv_oid_is_zero(&tip))
		r = gv_err(GV_ENOTFOUND, "there is no %s", ref);
	return r < 0 ? r : gv_audit_each_from(odb, &tip, seen, fn, ctx);
}
