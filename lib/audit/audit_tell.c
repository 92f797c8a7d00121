#include "audit/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_check.h"
#include "audit/audit_internal.h"
#include "audit/audit_signers.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "vault/ledger.h"

/* How often to begin again where another process of this host was quicker. */
#define TRIES    20
#define PAUSE_MS 10

#define HOST_MAX 200 /* bytes, with the NUL */

/* Two clones on one host would each take the other's chain for its own that was
 * rewritten: one of them can get another name. */
void
gv_audit_ref(struct gv_buf *out, const struct gv_repo *repo)
{
	const char *name = gv_config_get(&repo->config, "vault.auditname");
	char host[HOST_MAX];

	if (name && *name)
		snprintf(host, sizeof(host), "%s", name);
	else
		gv_env_host(host, sizeof(host));
	gv_buf_addstr(out, GV_REFS_AUDIT);
	if (!gv_ref_add_word(out, host))
		gv_buf_addstr(out, "localhost");
}

/* ---- behind the last event ---- */

static int
count(void *ctx, const struct gv_audit_entry *e)
{
	(void)e;
	(*(uint64_t *)ctx)++;
	return 0;
}

/* A chain that was begun before events had numbers is counted once. Of one that
 * is damaged further down nobody knows. */
static uint64_t
number_of(struct gv_odb *odb, const struct gv_oid *tip)
{
	char *before = gv_err_save();
	uint64_t n = 0;

	if (gv_audit_each_from(odb, tip, NULL, count, &n) < 0)
		n = 0;
	gv_err_restore(before);
	return n;
}

/* The number of the next event. A chain that cannot be read is not gone on
 * with: whoever reads it would take what we add for the whole. */
static int
next_number(uint64_t *out, struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_audit_entry e;
	uint64_t n;
	int r;

	*out = 1;
	if (gv_oid_is_zero(tip))
		return 0;
	r = gv_audit_load(&e, odb, tip);
	if (r < 0)
		return r;
	n = e.number ? e.number : number_of(odb, tip);
	*out = n ? n + 1 : 0;
	gv_audit_entry_release(&e);
	return 0;
}

static int
add_commit(struct gv_oid *out, struct gv_ledger_edit *edit,
    const struct gv_audit_text *t)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_audit_entry e;
	bool is_forged;
	int r;

	if ((r = gv_audit_text_format(&text, edit->repo, t)) < 0)
		goto out;

	/* what cannot be read again would end the chain for good */
	if ((r = gv_audit_read(&e, &is_forged, text.p, text.len)) < 0)
		goto out;
	gv_audit_entry_release(&e);
	r = gv_pack_add(
	    edit->lane, out, GV_OTYPE_COMMIT, text.p, text.len, NULL);
out:
	gv_buf_release(&text);
	return r;
}

/* What has waited comes first. One that is damaged waits on, and git vault
 * audit verify tells of it. */
static int
add_waiting(struct gv_audit_join *out, struct gv_ledger_edit *edit,
    struct gv_audit_text *t)
{
	struct gv_buf names = GV_BUF_INIT, said = GV_BUF_INIT;
	const char *p;
	int r = gv_audit_queue_list(&names, edit->repo);

	for (p = names.p; r == 0 && p < names.p + names.len;
	     p += strlen(p) + 1) {
		gv_buf_reset(&said);
		r = gv_audit_queue_load(&said, edit->repo, p);
		t->said = said.p;
		t->waited = true;
		if (r == 0)
			r = add_commit(&out->tip, edit, t);
		if (r == GV_ENOTFOUND || r == GV_ECORRUPT) {
			r = 0;
			continue;
		}
		t->parent = out->tip;
		t->number += t->number > 0;
		gv_buf_add(out->told, p, strlen(p) + 1);
	}
	t->waited = false;
	gv_buf_release(&names);
	gv_buf_release(&said);
	return r < 0 ? r : gv_buf_check(out->told);
}

static int
add_all(struct gv_audit_join *out, struct gv_ledger_edit *edit, const char *ref,
    const struct gv_audit_event *e)
{
	int64_t now = gv_clock_now().tv_sec;
	struct gv_audit_text t = { .now = now > e->time ? now : e->time,
		.signer = e->signer };
	struct gv_buf said = GV_BUF_INIT;
	struct gv_oid was, tree;
	int r = gv_ref_find(&was, edit->repo, ref);

	t.parent = out->was = was;
	if (r == 0 && (r = next_number(&t.number, edit->odb, &was)) == 0)
		r = gv_pack_add(edit->lane, &tree, GV_OTYPE_TREE, "", 0, NULL);
	if (r == 0 && (r = gv_audit_text_say(&said, edit->repo, e)) == 0)
		r = add_waiting(out, edit, &t);
	/* others may have been told of since its command began */
	t.waited = t.now > e->time;
	t.said = said.p;
	if (r == 0 && (r = add_commit(&out->tip, edit, &t)) == 0)
		gv_ledger_move(edit, ref, &out->tip, &was);
	gv_buf_release(&said);
	return r;
}

static int
join_open(struct gv_audit_join *out)
{
	memset(out, 0, sizeof(*out));
	out->told = calloc(1, sizeof(*out->told));
	if (out->told == NULL)
		return gv_err_nomem();
	*out->told = (struct gv_buf)GV_BUF_INIT;
	return 0;
}

void
gv_audit_join_release(struct gv_audit_join *join)
{
	if (join == NULL)
		return;
	gv_buf_release(join->told);
	free(join->told);
	memset(join, 0, sizeof(*join));
}

static void
find_signer(struct gv_secret *out, struct gv_safe *safe)
{
	if (safe)
		gv_safe_signer(out, safe, true);
	else
		gv_audit_signer_find(out);
}

int
gv_audit_join(struct gv_audit_join *out, struct gv_ledger_edit *edit,
    struct gv_safe *safe, struct gv_audit_event *event)
{
	struct gv_secret signer = GV_SECRET_INIT;
	struct gv_buf ref = GV_BUF_INIT;
	int r = join_open(out);

	find_signer(&signer, safe);
	event->signer = signer.len ? &signer : NULL;
	gv_audit_ref(&ref, edit->repo);
	if (r == 0 && (r = gv_buf_check(&ref)) == 0)
		r = add_all(out, edit, ref.p, event);
	event->signer = NULL;
	gv_secret_release(&signer);
	if (r < 0)
		gv_audit_join_release(out);
	if (r == GV_ECORRUPT)
		r = gv_err_in(r,
		    "the audit chain %s cannot tell of it; 'git vault "
		    "audit verify' says more",
		    ref.p);
	gv_buf_release(&ref);
	return r;
}

/* Whether the end that is noted is in the chain as it was before the event. */
static bool
is_noted_in(struct gv_oid *noted, const struct gv_oid *was,
    struct gv_repo *repo, const char *host)
{
	uint64_t n;

	return gv_audit_end_load(noted, repo, NULL, host) < 0 ||
	    gv_oid_equal(noted, was) ||
	    gv_audit_check_reach(&n, repo, was, noted) > 0;
}

/* Nothing is refused for that: what was taken away is wanted the more. */
static void
warn_of_loss(struct gv_repo *repo, const char *host, const struct gv_oid *noted,
    bool is_gone)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, noted);
	gv_buf_addf(&text,
	    "the audit chain " GV_REFS_AUDIT "%s ended in %.12s when it was "
	    "last seen here, and %s; 'git vault audit verify --host %s' tells "
	    "more",
	    host, hex,
	    is_gone
		? "is missing, so the new event begins another chain"
		: "has lost that event, so the new event follows another one",
	    host);
	free(repo->warning);
	repo->warning = gv_buf_take(&text);
}

void
gv_audit_joined(const struct gv_audit_join *join, struct gv_repo *repo)
{
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_oid noted;
	const char *host;
	char *before;

	if (join->told == NULL)
		return;
	gv_audit_queue_drop(repo, join->told);
	before = gv_err_save();
	gv_audit_ref(&ref, repo);
	host = ref.failed ? "" : ref.p + strlen(GV_REFS_AUDIT);
	if (*host && is_noted_in(&noted, &join->was, repo, host))
		gv_audit_end_save(repo, NULL, host, &join->tip);
	else if (*host)
		warn_of_loss(repo, host, &noted, gv_oid_is_zero(&join->was));
	gv_err_restore(before);
	gv_buf_release(&ref);
}

/* ---- by itself ---- */

static int
try_once(struct gv_repo *repo, const char *ref, const struct gv_audit_event *e)
{
	struct gv_ledger_edit edit = { 0 };
	struct gv_audit_join join;
	int r = join_open(&join);

	if (r == 0 && (r = gv_ledger_begin(&edit, repo, e->time)) == 0 &&
	    (r = add_all(&join, &edit, ref, e)) == 0 &&
	    (r = gv_ledger_publish(&edit)) == 0)
		gv_audit_joined(&join, repo);
	gv_audit_join_release(&join);
	gv_ledger_end(&edit);
	return r;
}

int
gv_audit_add(struct gv_repo *repo, const struct gv_audit_event *event)
{
	struct gv_buf ref = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	int i, r = gv_repo_check_writable(repo);

	gv_audit_ref(&ref, repo);
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

int
gv_audit_tell(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event)
{
	struct gv_secret signer = GV_SECRET_INIT;
	int r;

	find_signer(&signer, safe);
	event->signer = signer.len ? &signer : NULL;
	r = gv_audit_add(repo, event);
	event->signer = NULL;
	gv_secret_release(&signer);
	return r;
}

int
gv_audit_wait(
    struct gv_repo *repo, const struct gv_audit_event *event, int code)
{
	char *why = gv_err_save();
	int r = gv_audit_queue(repo, event);

	if (r == 0) {
		gv_err_restore(why);
		return gv_err_in(code,
		    "the event waits in .git/" GV_AUDIT_QUEUE
		    " and is recorded with the next one");
	}
	gv_err(code,
	    "%s, and its event cannot be stored for later either (%s): note "
	    "elsewhere what was done",
	    why ? why : "the audit chain cannot tell of it", gv_err_message());
	free(why);
	return code;
}

int
gv_audit_tell_done(
    struct gv_repo *repo, struct gv_safe *safe, struct gv_audit_event *event)
{
	int r;

	event->is_done = true;
	r = gv_audit_tell(repo, safe, event);
	return r < 0 ? gv_audit_wait(repo, event, r) : 0;
}

int
gv_audit_tell_made(
    struct gv_repo *repo, struct gv_safe *safe, const char *owner, int64_t now)
{
	struct gv_audit_event e = { .what = GV_AUDIT_KEY_ADD,
		.time = now,
		.result = GV_AUDIT_DONE,
		.reason = owner };

	return gv_audit_tell_done(repo, safe, &e);
}

int
gv_audit_tell_given(struct gv_repo *repo, struct gv_safe *safe,
    struct gv_audit_event *event, const char *news)
{
	int r = gv_audit_tell(repo, safe, event);

	if (r != GV_ERROR && r != GV_ELOCKED)
		return r;
	(void)gv_audit_wait(repo, event, r);
	return gv_safe_note_untold(safe, news);
}
