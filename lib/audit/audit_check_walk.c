#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_check.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "crypto/ssh.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/cancel.h"

/* One chain while it is read. */
struct walk {
	struct gv_audit_check *check;
	struct gv_audit_chain *chain;
	struct gv_repo *repo;
	struct gv_odb *odb;
	bool all_signed;
	struct gv_oid seen; /* an end that was seen; zero: none */
	bool found;         /* it was met */
	uint64_t number;    /* of the event above; 0: none, or it has none */
	int64_t time;       /* of it */
	struct gv_oid above;
	uint64_t bare;      /* newest events, which nobody has signed */
	uint64_t backwards; /* so often times run so */
	struct gv_oid first_backwards;
	bool is_adopted;    /* what comes is of this vault, by one above */
	bool is_named;      /* one above is of this vault by its own word */
	uint64_t elsewhere; /* events that name another vault */
	struct gv_oid first_elsewhere;
	char other[GV_KEYRING_PRINT]; /* which, the newest */
	uint64_t nameless;            /* signed ones that name none */
};

/* ---- one event ---- */

static int
check_number(struct walk *w, const struct gv_audit_entry *e)
{
	struct gv_audit_check *c = w->check;

	if (w->number && e->number && e->number + 1 != w->number)
		return gv_audit_check_fault(c, w->chain, "number", &w->above,
		    "event %llu comes after event %llu: %s",
		    (unsigned long long)w->number,
		    (unsigned long long)e->number,
		    w->number > e->number + 1
			? "the events between them were removed"
			: "they were reordered");
	if (w->number && e->number == 0 && w->number == 1)
		return gv_audit_check_fault(c, w->chain, "number", &w->above,
		    "it claims to be the first event, but another one precedes "
		    "it");
	if (gv_oid_is_zero(&e->parent) && e->number > 1)
		return gv_audit_check_fault(c, w->chain, "root", &e->commit,
		    "the chain begins with event %llu: the events before it "
		    "were removed",
		    (unsigned long long)e->number);
	return 0;
}

static void
note_time(struct walk *w, const struct gv_audit_entry *e)
{
	/* what waited, or took its time, was told later than it began */
	int64_t time = e->told ? e->told : e->time;

	if (w->chain->events && w->time < time) {
		if (w->backwards++ == 0)
			w->first_backwards = w->above;
	}
	w->time = time;
}

static struct gv_audit_signed *
count_key(struct walk *w, const struct gv_audit_entry *e)
{
	const unsigned char *key = e->key;
	struct gv_audit_chain *chain = w->chain;
	struct gv_audit_signed *s;
	size_t i;

	for (i = 0; i < chain->n_keys; i++)
		if (memcmp(chain->keys[i].key, key, GV_SIGN_PUBLIC) == 0)
			break;
	if (i == chain->n_keys) {
		if (GV_GROW(chain->keys, chain->n_keys, chain->cap_keys) < 0)
			return NULL;
		s = &chain->keys[chain->n_keys++];
		*s = (struct gv_audit_signed){ .newest = e->commit };
		memcpy(s->key, key, GV_SIGN_PUBLIC);
		s->who = gv_audit_signers_find(&w->check->signers, key);
	}
	chain->keys[i].events++;
	return &chain->keys[i];
}

/* Whether it is of this vault. One that names none is, where a later one of
 * its chain does: the chain was begun before there was a keyring. */
static void
check_vault(struct walk *w, const struct gv_audit_entry *e)
{
	const struct gv_audit_signers *all = &w->check->signers;

	if (w->is_adopted)
		return;
	if (gv_audit_signers_is_here(all, w->repo, e)) {
		w->is_named = true;
		w->is_adopted = gv_audit_signers_is_adoption(all, e);
	} else if (e->keyring == NULL) {
		w->nameless += !w->is_named;
	} else if (w->elsewhere++ == 0) {
		w->first_elsewhere = e->commit;
		snprintf(w->other, sizeof(w->other), "%s", e->keyring);
	}
}

static int
check_signer(struct walk *w, const struct gv_audit_entry *e)
{
	const struct gv_audit_signed *s;
	char print[GV_KEYRING_PRINT], until[GV_TIME_MAX];

	if (!e->is_signed && w->chain->n_signed == 0)
		w->bare++;
	if (!e->is_signed)
		return w->all_signed
		    ? gv_audit_check_fault(w->check, w->chain, "unsigned",
			  &e->commit, "nobody has signed it")
		    : 0;
	w->chain->n_signed++;
	check_vault(w, e);
	s = count_key(w, e);
	if (s == NULL)
		return GV_ENOMEM;
	if (s->who == NULL || s->who->who != GV_AUDIT_WHO_FORMER ||
	    e->time <= s->who->until)
		return 0;
	gv_audit_signers_print(print, e->key);
	gv_time_rfc3339(until, s->who->until);
	return gv_audit_check_fault(w->check, w->chain, "signer", &e->commit,
	    "it is signed by the key %s of %s, which was removed from the "
	    "keyring at %s, before it",
	    print, s->who->name, until);
}

static int
check_entry(struct walk *w, const struct gv_audit_entry *e, bool is_forged)
{
	struct gv_audit_chain *chain = w->chain;
	int r = 0;

	if (is_forged)
		r = gv_audit_check_fault(w->check, chain, "signature",
		    &e->commit,
		    "its signature does not match: it was changed, moved, or "
		    "never signed in this form");
	else
		r = check_signer(w, e);
	if (r == 0)
		r = check_number(w, e);
	note_time(w, e);
	if (chain->events == 0)
		chain->last = e->time;
	chain->first = e->time;
	chain->events++;
	w->number = e->number;
	return r;
}

/* ---- its bytes ---- */

/* Of what cannot be read, only where it leads to. */
static void
find_parent(struct gv_oid *out, const struct gv_object *obj)
{
	static const char parent[] = "\nparent ";
	const size_t at = 5 + GV_OID_HEX;
	const char *p = (const char *)obj->data;

	memset(out, 0, sizeof(*out));
	if (obj->len > at + sizeof(parent) - 1 + GV_OID_HEX &&
	    memcmp(p + at, parent, sizeof(parent) - 1) == 0 &&
	    gv_oid_parse(out, p + at + sizeof(parent) - 1) < 0)
		memset(out, 0, sizeof(*out));
}

/* It is no event, or one that we do not know: the way goes on below it. */
static int
tell_form(struct walk *w, const struct gv_oid *at)
{
	w->number = 0;
	return gv_audit_check_fault(
	    w->check, w->chain, "form", at, "%s", gv_err_message());
}

static int
tell_lost(struct walk *w, const struct gv_oid *at, int r)
{
	w->chain->is_cut = true;
	return gv_audit_check_fault(w->check, w->chain, "lost", at,
	    r == GV_ENOTFOUND
		? "it is missing here, as is everything before it%s"
		: "it is damaged, and everything before it cannot be reached; "
		  "to look for an intact copy: git vault repair%s",
	    r == GV_ENOTFOUND && w->repo->shallow
		? ": the repository is shallow; fetch the whole chain"
		: "");
}

static int
step(struct walk *w, struct gv_oid *at)
{
	struct gv_audit_entry e = { .time = 0 };
	struct gv_object obj = { 0 };
	struct gv_oid here = *at;
	bool is_forged;
	int r = gv_odb_read_type(w->odb, &obj, at, GV_OTYPE_COMMIT);

	w->found = w->found || gv_oid_equal(at, &w->seen);
	memset(at, 0, sizeof(*at));
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return tell_lost(w, &here, r);
	if (r < 0)
		return r;
	find_parent(at, &obj);
	r = obj.len > GV_AUDIT_MAX
	    ? gv_err(GV_ECORRUPT, "no event is so large")
	    : gv_audit_read(&e, &is_forged, obj.data, obj.len);
	if (r == 0) {
		e.commit = here;
		r = check_entry(w, &e, is_forged);
	} else if (r == GV_ECORRUPT || r == GV_EREFUSED) {
		r = tell_form(w, &here);
	}
	w->above = here;
	gv_audit_entry_release(&e);
	gv_object_release(&obj);
	return r;
}

/* ---- its end ---- */

struct reach {
	const struct gv_oid *to;
	uint64_t n;
};

static int
is_there(void *ctx, const struct gv_audit_entry *e)
{
	struct reach *reach = ctx;

	if (gv_oid_equal(&e->commit, reach->to))
		return GV_EEXISTS;
	reach->n++;
	return 0;
}

int
gv_audit_check_reach(uint64_t *n, struct gv_repo *repo,
    const struct gv_oid *from, const struct gv_oid *to)
{
	struct reach reach = { .to = to };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_audit_each_from(odb, from, NULL, is_there, &reach);
	*n = reach.n;
	return r == GV_EEXISTS                      ? 1
	    : r == GV_EREFUSED || r == GV_ENOTFOUND ? GV_ECORRUPT
						    : r;
}

/* What it was is kept by a ref of its own, as long as git gc has not taken it.
 */
static int
tell_anew(struct walk *w, const char *path)
{
	struct gv_buf keep = GV_BUF_INIT;
	char seen[GV_OID_HEX + 1];
	int r;

	gv_oid_format(seen, &w->seen);
	if (gv_odb_has(w->odb, &w->seen))
		gv_buf_addf(&keep,
		    "git update-ref " GV_REFS_AUDIT
		    "%s-before %s keeps the old version; ",
		    w->chain->host, seen);
	if ((r = gv_buf_check(&keep)) == 0)
		r = gv_audit_check_fault(w->check, w->chain, "end", &w->seen,
		    "this was its last event, and is missing now: somebody "
		    "rewrote the chain, or deleted it and began again; %sonce "
		    "you know why, remove %s",
		    keep.p, path);
	gv_buf_release(&keep);
	return r;
}

/* It does not lead to the end that was seen. */
static int
tell_end(struct walk *w)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *host = w->chain->host;
	char seen[GV_OID_HEX + 1];
	uint64_t n;
	int r = gv_audit_end_path(&path, w->repo, NULL, host);

	gv_oid_format(seen, &w->seen);
	if (r < 0)
		goto out;
	if (gv_oid_is_zero(&w->chain->tip)) {
		r = gv_audit_check_fault(w->check, w->chain, "end", &w->seen,
		    "the whole chain is missing: this event was its end here; "
		    "git update-ref " GV_REFS_AUDIT "%s %s brings it back",
		    host, seen);
		goto out;
	}
	r = gv_odb_has(w->odb, &w->seen)
	    ? gv_audit_check_reach(&n, w->repo, &w->seen, &w->chain->tip)
	    : 0;
	if (r > 0)
		r = gv_audit_check_fault(w->check, w->chain, "end", &w->seen,
		    "%llu event%s cut off its end, and this was the last; git "
		    "update-ref " GV_REFS_AUDIT "%s %s brings %s back",
		    (unsigned long long)n, n == 1 ? " was" : "s were", host,
		    seen, n == 1 ? "it" : "them");
	else if (r == 0 || r == GV_ECORRUPT)
		r = tell_anew(w, path.p);
out:
	gv_buf_release(&path);
	return r;
}

static int
load_seen(struct walk *w)
{
	int r;

	if (!gv_audit_end_is_host(w->chain->host))
		return 0;
	r = gv_audit_end_load(&w->seen, w->repo, NULL, w->chain->host);
	if (r == GV_ECORRUPT)
		return gv_audit_check_note(
		    w->check, w->chain, "%s", gv_err_message());
	return r == GV_ENOTFOUND ? 0 : r;
}

/* Its signatures are good, and could be anybody's: that is no forgery yet, and
 * one would look the same. */
static int
tell_unknown(struct walk *w, const struct gv_audit_signed *s)
{
	struct gv_buf key = GV_BUF_INIT;
	char print[GV_KEYRING_PRINT];
	int r = gv_ssh_add_public(&key, s->key);

	gv_audit_signers_print(print, s->key);
	if (r == 0)
		r = gv_audit_check_fault(w->check, w->chain, "unknown",
		    &s->newest,
		    "it is signed by the key %s, which was never in the "
		    "keyring (%llu event%s, this the newest): the signature is "
		    "valid, but the signer is unknown; if you know whose key "
		    "it is, ask an owner to run git vault key signer NAME "
		    "'%s', or give it by --signer",
		    print, (unsigned long long)s->events,
		    s->events == 1 ? "" : "s", key.p);
	w->chain->unknown++;
	gv_buf_release(&key);
	return r;
}

/* Whoever reads another vault can push its chain here, with all signatures. */
static int
tell_elsewhere(struct walk *w)
{
	if (w->elsewhere == 0)
		return 0;
	return gv_audit_check_fault(w->check, w->chain, "vault",
	    &w->first_elsewhere,
	    "%llu signed event%s, this the newest, %s of another vault: the "
	    "keyring is %s, and this vault has %s; nothing in them counts here",
	    (unsigned long long)w->elsewhere, w->elsewhere == 1 ? "" : "s",
	    w->elsewhere == 1 ? "is" : "are", w->other,
	    w->check->signers.print);
}

static int
tell_all_unknown(struct walk *w)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->chain->n_keys; i++)
		if (w->chain->keys[i].who == NULL)
			r = tell_unknown(w, &w->chain->keys[i]);
	return r;
}

static int
add_notes(struct walk *w)
{
	struct gv_audit_chain *c = w->chain;
	char hex[GV_OID_HEX + 1];
	int r = 0;

	gv_oid_format(hex, &w->first_backwards);
	if (w->backwards)
		r = gv_audit_check_note(w->check, c,
		    "times run backwards at %llu place%s, the newest of them "
		    "event %s: a clock was set back, or somebody lied",
		    (unsigned long long)w->backwards,
		    w->backwards == 1 ? "" : "s", hex);
	/* a pipeline has no key; but this is how a chain looks, too, that
	 * somebody without one has changed from there on */
	if (r == 0 && !w->all_signed && c->n_signed && w->bare)
		r = gv_audit_check_note(w->check, c,
		    "the last %llu of them %s unsigned, unlike those before: "
		    "their author had no key, or no right to one; to compare "
		    "them with a copy, add --remote",
		    (unsigned long long)w->bare, w->bare == 1 ? "is" : "are");
	if (r == 0 && !w->all_signed && c->n_signed < c->events)
		r = gv_audit_check_note(w->check, c,
		    "%llu of %llu events are unsigned or do not match their "
		    "signature: only the chain protects them",
		    (unsigned long long)(c->events - c->n_signed),
		    (unsigned long long)c->events);
	if (r == 0 && w->nameless)
		r = gv_audit_check_note(w->check, c,
		    "the last %llu signed event%s name%s no vault: they are "
		    "older than the keyring, or of another vault, and count "
		    "as signed by nobody",
		    (unsigned long long)w->nameless,
		    w->nameless == 1 ? "" : "s", w->nameless == 1 ? "s" : "");
	return r;
}

int
gv_audit_check_walk(struct gv_audit_check *check, struct gv_audit_chain *chain,
    struct gv_repo *repo, const struct gv_audit_check_opts *opts)
{
	struct walk w = { .check = check,
		.chain = chain,
		.repo = repo,
		.all_signed = opts->all_signed };
	struct gv_oid at = chain->tip;
	int r = gv_repo_odb(repo, &w.odb);

	if (r == 0)
		r = load_seen(&w);
	if (gv_oid_is_zero(&at))
		at = chain->theirs;
	while (r == 0 && !gv_oid_is_zero(&at)) {
		if ((r = step(&w, &at)) == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	if (r == 0 && !gv_oid_is_zero(&w.seen) && !w.found && !chain->is_cut)
		r = tell_end(&w);
	else if (r == 0 && !gv_oid_is_zero(&w.seen) &&
	    gv_oid_is_zero(&chain->tip))
		r = tell_end(&w);
	if (r < 0 || (r = tell_all_unknown(&w)) < 0 ||
	    (r = tell_elsewhere(&w)) < 0)
		return r;
	return add_notes(&w);
}
