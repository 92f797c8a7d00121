#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "key/keyring_store.h"
#include "repo/hash.h"
#include "sys/env.h"
#include "vault/author.h"
#include "vault/trailer.h"

/* What stands before and behind what an event says: headers, names of who
 * writes, number, signature. */
#define HEAD_MAX ((size_t)8 * 1024)

/* Bytes of a text that is cut: C-quoted it may come to four times as many. */
#define TEXT_MOST 4096

/* ---- what it says ---- */

static bool
is_kind(const char *what)
{
	const char *p;

	for (p = what; (*p >= 'a' && *p <= 'z') || (*p == '-' && p > what); p++)
		;
	return p > what && *p == '\0';
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, GV_DIGEST_BYTES);
}

/* Sorted, each once. */
static int
add_ids(struct gv_buf *out, const struct gv_audit_event *e)
{
	struct gv_digest *ids = calloc(e->n_ids + 1, sizeof(*ids));
	char hex[2 * GV_AUDIT_SUM + 1];
	unsigned char sum[GV_AUDIT_SUM];
	struct gv_hash_sha256 hash;
	size_t i, n = 0;

	if (ids == NULL)
		return gv_err_nomem();
	if (e->n_ids) {
		memcpy(ids, e->ids, e->n_ids * sizeof(*ids));
		qsort(ids, e->n_ids, sizeof(*ids), compare_ids);
		gv_buf_addstr(out, "Vault-Ids:");
	}
	gv_hash_sha256_init(&hash);
	for (i = 0; i < e->n_ids; i++) {
		if (n && compare_ids(&ids[i], &ids[i - 1]) == 0)
			continue;
		gv_enc_hex(hex, ids[i].bytes, GV_DIGEST_BYTES);
		gv_hash_sha256_update(&hash, hex, GV_AUDIT_ID);
		gv_hash_sha256_update(&hash, "\n", 1);
		if (n++ < GV_AUDIT_LISTED)
			gv_buf_addf(out, " %s", hex);
	}
	if (e->n_ids)
		gv_buf_addch(out, '\n');
	if (n > GV_AUDIT_LISTED) {
		gv_hash_sha256_finish(&hash, sum);
		gv_enc_hex(hex, sum, GV_AUDIT_SUM);
		gv_buf_addf(out, "Vault-Ids-All: %llu %s\n",
		    (unsigned long long)n, hex);
	}
	free(ids);
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same of ids of snapshots, which are texts. */
static int
add_snapshots(struct gv_buf *out, const struct gv_audit_event *e)
{
	const char **ids = calloc(e->n_snapshots + 1, sizeof(*ids));
	char hex[2 * GV_AUDIT_SUM + 1];
	unsigned char sum[GV_AUDIT_SUM];
	struct gv_hash_sha256 hash;
	size_t i;

	if (ids == NULL)
		return gv_err_nomem();
	if (e->n_snapshots) {
		memcpy(ids, e->snapshots, e->n_snapshots * sizeof(*ids));
		qsort(ids, e->n_snapshots, sizeof(*ids), compare_texts);
		gv_buf_addstr(out, "Vault-Snapshots:");
	}
	gv_hash_sha256_init(&hash);
	for (i = 0; i < e->n_snapshots; i++) {
		gv_hash_sha256_update(&hash, ids[i], strlen(ids[i]));
		gv_hash_sha256_update(&hash, "\n", 1);
		if (i < GV_AUDIT_SNAPSHOTS)
			gv_buf_addf(out, " %s", ids[i]);
	}
	if (e->n_snapshots)
		gv_buf_addch(out, '\n');
	if (e->n_snapshots > GV_AUDIT_SNAPSHOTS) {
		gv_hash_sha256_finish(&hash, sum);
		gv_enc_hex(hex, sum, GV_AUDIT_SUM);
		gv_buf_addf(out, "Vault-Snapshots-All: %llu %s\n",
		    (unsigned long long)e->n_snapshots, hex);
	}
	free(ids);
	return 0;
}

static void
add_user(struct gv_buf *out)
{
	struct gv_buf text = GV_BUF_INIT;
	char user[256], host[256];

	gv_env_user(user, sizeof(user));
	gv_env_host(host, sizeof(host));
	gv_buf_addf(&text, "%s@%s", user, host);
	gv_trailer_add(out, "Vault-User", text.p);
	gv_buf_release(&text);
}

/* Which vault it is of: whoever signs has one key, and several vaults. A
 * keyring that a plain fetch brought is seen now. One that is not believed is
 * for others to tell, and keeps no event from the chain. */
static int
add_vault(struct gv_buf *out, struct gv_repo *repo)
{
	struct gv_keyring_kept kept = { .is_new = false };
	struct gv_buf print = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = gv_keyring_pin_add_print(&print, repo);

	if (r == 0 && print.len == 0 && (r = gv_keyring_load(&kept, repo)) == 0)
		gv_buf_addstr(&print, kept.print);
	if (r != GV_ENOMEM && (r = gv_buf_check(&print)) == 0 && print.len)
		gv_trailer_add(out, GV_AUDIT_VAULT, print.p);
	gv_keyring_kept_release(&kept);
	gv_buf_release(&print);
	return gv_err_settle(r, before);
}

static void
add_text(struct gv_buf *out, const struct gv_audit_event *e, const char *key,
    const char *value)
{
	size_t len = strlen(value), kept = TEXT_MOST;
	struct gv_buf text = GV_BUF_INIT;

	if (!e->is_done || len <= TEXT_MOST) {
		gv_trailer_add(out, key, value);
		return;
	}
	while (kept && ((unsigned char)value[kept] & 0xc0) == 0x80)
		kept--;
	gv_buf_add(&text, value, kept);
	gv_buf_addf(&text, " ... (%zu bytes)", len);
	if (gv_buf_check(&text) < 0)
		out->failed = true;
	else
		gv_trailer_add(out, key, text.p);
	gv_buf_release(&text);
}

/* What may be missing. */
static void
add_rest(struct gv_buf *out, const struct gv_audit_event *e)
{
	const struct {
		const char *key, *value;
	} texts[] = { { "Vault-Snapshot", e->snapshot },
		{ "Vault-Target", e->target }, { "Vault-Result", e->result },
		{ "Vault-Reason", e->reason } };
	size_t i;

	for (i = 0; i < e->n_scopes; i++)
		gv_buf_addf(out, "%s %s%s",
		    i ? "" : "Vault-Scopes:", e->scopes[i],
		    i + 1 < e->n_scopes ? "" : "\n");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value && *texts[i].value)
			add_text(out, e, texts[i].key, texts[i].value);
}

int
gv_audit_text_say(
    struct gv_buf *out, struct gv_repo *repo, const struct gv_audit_event *e)
{
	struct gv_buf actor = GV_BUF_INIT, pipeline = GV_BUF_INIT;
	size_t before = out->len;
	char when[GV_TIME_MAX];
	int r;

	if (!is_kind(e->what))
		return gv_err(GV_EUSAGE, "no event is called '%s'", e->what);
	r = gv_author_check_time(e->time);
	if (r < 0)
		return r;
	gv_time_rfc3339(when, e->time);
	gv_author_add_name(&actor, repo);
	r = gv_audit_pipeline_add(&pipeline, repo);
	gv_buf_addf(out, "Vault-Event: %s\nVault-Time: %s\n", e->what, when);
	gv_trailer_add(out, "Vault-Actor", actor.p);
	add_user(out);
	if (r == 0)
		r = add_vault(out, repo);
	if (pipeline.len)
		gv_trailer_add(out, "Vault-Pipeline", pipeline.p);
	if (r == 0 && (r = add_ids(out, e)) == 0)
		r = add_snapshots(out, e);
	add_rest(out, e);
	if (r == 0 && (r = gv_buf_check(out)) == 0 &&
	    out->len - before > GV_AUDIT_MAX - HEAD_MAX)
		r = gv_err(GV_EUSAGE,
		    "an event of the audit chain has at most %zu bytes; give a "
		    "shorter reason",
		    GV_AUDIT_MAX - HEAD_MAX);
	gv_buf_release(&actor);
	gv_buf_release(&pipeline);
	return r;
}

/* ---- the commit ---- */

/* The last line: the key, and its signature of all that stands before. */
static int
add_signature(struct gv_buf *out, const struct gv_secret *signer)
{
	struct gv_sign sign;
	int r = gv_sign_make(&sign, signer, GV_AUDIT_SPACE, out->p, out->len);

	if (r < 0)
		return r;
	gv_buf_addstr(out, GV_AUDIT_SIGNATURE);
	gv_enc_base64(out, &sign, sizeof(sign));
	gv_buf_addch(out, '\n');
	return 0;
}

/* The kind that a text says first. */
static void
add_subject(struct gv_buf *out, const char *said)
{
	const char *what = said + strlen(GV_AUDIT_SAID);

	gv_buf_add(out, what, strcspn(what, "\n"));
}

int
gv_audit_text_format(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_audit_text *t)
{
	char hex[GV_OID_HEX + 1], told[GV_TIME_MAX];
	int r;

	gv_oid_format(hex, &gv_oid_empty_tree);
	gv_buf_addf(out, "tree %s\n", hex);
	if (!gv_oid_is_zero(&t->parent)) {
		gv_oid_format(hex, &t->parent);
		gv_buf_addf(out, "parent %s\n", hex);
	}
	if ((r = gv_author_add(out, repo, t->now)) < 0)
		return r;
	add_subject(out, t->said);
	/* the first tells a fold that the pack is a vault's */
	gv_buf_addstr(out, "\n\nVault-Format: 1\n");
	if (t->number)
		gv_buf_addf(
		    out, "Vault-Number: %llu\n", (unsigned long long)t->number);
	gv_buf_addstr(out, t->said);
	if (t->waited) {
		gv_time_rfc3339(told, t->now);
		gv_buf_addf(out, "Vault-Told: %s\n", told);
	}
	if ((r = gv_buf_check(out)) < 0)
		return r;
	if (t->signer && (r = add_signature(out, t->signer)) < 0)
		return r;
	return gv_buf_check(out);
}
