#include "vault/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/identity.h"
#include "store/hash.h"
#include "store/odb.h"
#include "store/pack.h"
#include "store/ref.h"
#include "store/repo.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "vault/audit_internal.h"
#include "vault/author.h"
#include "vault/ledger.h"
#include "vault/safe.h"
#include "vault/trailer.h"

/* How often to begin anew where another process of this host was quicker. */
#define TRIES    20
#define PAUSE_MS 10

/* ---- the bytes ---- */

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

static int
add_trailers(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_audit_event *e)
{
	struct gv_buf actor = GV_BUF_INIT;
	char when[GV_TIME_MAX];
	size_t i;
	int r;

	gv_time_rfc3339(when, e->time);
	gv_author_add_name(&actor, repo);
	/* by the first a fold knows the pack for one of ours */
	gv_buf_addf(out,
	    "%s\n\nVault-Format: 1\nVault-Event: %s\nVault-Time: %s\n", e->what,
	    e->what, when);
	gv_trailer_add(out, "Vault-Actor", actor.p);
	add_user(out);
	r = add_ids(out, e);
	for (i = 0; i < e->n_scopes; i++)
		gv_buf_addf(out, "%s %s%s",
		    i ? "" : "Vault-Scopes:", e->scopes[i],
		    i + 1 < e->n_scopes ? "" : "\n");
	if (e->snapshot)
		gv_trailer_add(out, "Vault-Snapshot", e->snapshot);
	if (e->reason && *e->reason)
		gv_trailer_add(out, "Vault-Reason", e->reason);
	gv_buf_release(&actor);
	return r;
}

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

static int
format(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_audit_event *e, const struct gv_oid *parent)
{
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, &gv_oid_empty_tree);
	gv_buf_addf(out, "tree %s\n", hex);
	if (!gv_oid_is_zero(parent)) {
		gv_oid_format(hex, parent);
		gv_buf_addf(out, "parent %s\n", hex);
	}
	gv_author_add(out, repo, e->time);
	r = add_trailers(out, repo, e);
	if (r == 0)
		r = gv_buf_check(out);
	if (r == 0 && e->signer)
		r = add_signature(out, e->signer);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- the chain ---- */

/* What a ref may be called: the rest of a host's name becomes '-'. */
void
gv_audit_ref(struct gv_buf *out)
{
	char host[256];
	size_t i;

	gv_env_host(host, sizeof(host));
	for (i = 0; host[i]; i++)
		if (!((host[i] >= 'a' && host[i] <= 'z') ||
			(host[i] >= 'A' && host[i] <= 'Z') ||
			(host[i] >= '0' && host[i] <= '9') || host[i] == '_' ||
			(host[i] == '.' && i && host[i - 1] != '.')))
			host[i] = '-';
	while (i && (host[i - 1] == '.' || host[i - 1] == '-'))
		host[--i] = '\0';
	if (i > 5 && strcmp(host + i - 5, ".lock") == 0)
		host[i - 5] = '-';
	gv_buf_addf(out, GV_AUDIT_REFS "%s", i ? host : "localhost");
}

/* A chain that cannot be read is not gone on with: whoever reads it would take
 * what we add for the whole. */
static int
check_tip(struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_audit_entry e;
	int r = gv_oid_is_zero(tip) ? 1 : gv_audit_load(&e, odb, tip);

	if (r == 0)
		gv_audit_entry_release(&e);
	return r < 0 ? r : 0;
}

static int
write_commit(struct gv_ledger_edit *edit, const char *ref,
    const struct gv_audit_event *e, const struct gv_oid *parent)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid tree, tip;
	int r = format(&text, edit->repo, e, parent);

	if (r == 0)
		r = gv_pack_add(edit->lane, &tree, GV_OTYPE_TREE, "", 0, NULL);
	if (r == 0)
		r = gv_pack_add(
		    edit->lane, &tip, GV_OTYPE_COMMIT, text.p, text.len, NULL);
	if (r == 0)
		gv_ledger_move(edit, ref, &tip, parent);
	gv_buf_release(&text);
	return r;
}

static int
try_once(struct gv_repo *repo, const char *ref, const struct gv_audit_event *e)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_oid tip;
	int r = gv_ref_find(&tip, repo, ref);

	if (r == 0)
		r = gv_ledger_begin(&edit, repo, e->time);
	if (r == 0)
		r = check_tip(edit.odb, &tip);
	if (r == 0)
		r = write_commit(&edit, ref, e, &tip);
	if (r == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	return r;
}

int
gv_audit_add(struct gv_repo *repo, const struct gv_audit_event *event)
{
	struct gv_buf ref = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	int i,
	    r = is_kind(event->what)
	    ? gv_repo_check_writable(repo)
	    : gv_err(GV_EUSAGE, "no event is called '%s'", event->what);

	gv_audit_ref(&ref);
	if (r == 0)
		r = gv_buf_check(&ref);
	for (i = 0; r == 0 && i < TRIES; i++) {
		r = try_once(repo, ref.p, event);
		if (r != GV_EEXISTS)
			break;
		gv_clock_sleep(PAUSE_MS * (i + 1));
		r = i + 1 < TRIES ? gv_odb_refresh(repo->odb)
				  : gv_err(GV_ELOCKED, "others are quicker");
	}
	gv_repo_unshare(mask);
	if (r < 0 && r != GV_EUSAGE)
		r = gv_err_in(r, "the audit chain %s cannot tell of it", ref.p);
	gv_buf_release(&ref);
	return r;
}

/* One that is not to be found, or cannot sign, signs nothing. */
void
gv_audit_signer(struct gv_secret *out, struct gv_safe *safe)
{
	const struct gv_identity *const *ids;
	char *before = gv_err_save();
	size_t i, n = 0;

	if (gv_safe_identities(&ids, &n, safe) < 0)
		n = 0;
	for (i = 0; i < n && out->len == 0; i++)
		if (gv_identity_signer(out, ids[i]) < 0)
			gv_secret_reset(out);
	gv_err_restore(before);
}

int
gv_audit_tell(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event)
{
	struct gv_secret signer = GV_SECRET_INIT;
	int r;

	if (safe)
		gv_audit_signer(&signer, safe);
	event->signer = signer.len ? &signer : NULL;
	r = gv_audit_add(repo, event);
	event->signer = NULL;
	gv_secret_release(&signer);
	return r;
}
