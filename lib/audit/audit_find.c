#include "audit/audit_find.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit/audit_internal.h"
#include "base/err.h"
#include "base/vec.h"
#include "record/record_time.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

#define SHORTEST 4 /* digits of a commit's id */

/* One run through the chains. */
struct search {
	const struct gv_audit_find_opts *opts;
	struct gv_audit_found *out;
	const char *host; /* of the chain that is read */
	size_t from;      /* where its events begin */
	bool is_adopted;  /* what comes is of this vault, by an event above */
	bool has_signers; /* they were loaded */
	struct gv_repo *repo;
	int64_t since, until;
	/* one event is sought: */
	const char *commit; /* by digits */
	uint64_t number;    /* by its number, or 0 */
};

/* ---- which ---- */

/* Whether a list of words has one that begins, or is, like this. */
static bool
has_word(const char *list, const char *word, bool begins)
{
	size_t n = strlen(word), len;

	for (; list && *list; list += len + (list[len] == ' ')) {
		len = strcspn(list, " ");
		if (len >= n && strncasecmp(list, word, n) == 0 &&
		    (begins || len == n))
			return true;
	}
	return false;
}

static bool
is_by(const struct gv_audit_entry *e, const char *actor)
{
	return strcasestr(e->actor, actor) || strcasestr(e->user, actor) ||
	    (e->pipeline && strcasestr(e->pipeline, actor));
}

static uint64_t
words(const char *list)
{
	uint64_t n = list != NULL;

	for (; list && *list; list++)
		n += *list == ' ';
	return n;
}

/* 1: it concerns it, 0: not, -1: it does not list all. */
static int
concerns(const struct gv_audit_entry *e, const char *object)
{
	if (has_word(e->ids, object, true) ||
	    has_word(e->snapshots, object, true) ||
	    has_word(e->snapshot, object, true))
		return 1;
	return words(e->ids) < e->n_ids || words(e->snapshots) < e->n_snapshots
	    ? -1
	    : 0;
}

static bool
takes(struct search *s, const struct gv_audit_entry *e)
{
	const struct gv_audit_find_opts *o = s->opts;
	char hex[GV_OID_HEX + 1];
	int how;

	if (s->commit) {
		gv_oid_format(hex, &e->commit);
		return strncasecmp(hex, s->commit, strlen(s->commit)) == 0;
	}
	if (s->number)
		return e->number == s->number;
	if (e->time < s->since || e->time > s->until ||
	    (o->kind && strcmp(o->kind, e->what) != 0) ||
	    (o->actor && !is_by(e, o->actor)) ||
	    (o->scope && !has_word(e->scopes, o->scope, false)))
		return false;
	how = o->object ? concerns(e, o->object) : 1;
	s->out->unsure += how < 0;
	return how > 0;
}

/* ---- all of one chain ---- */

static char *
copy(const char *text, int *r)
{
	char *p = text ? strdup(text) : NULL;

	if (text && p == NULL)
		*r = gv_err_nomem();
	return p;
}

/* Only where an event needs them: that reads the whole keyring. */
static int
need_signers(struct search *s)
{
	int r = s->has_signers
	    ? 0
	    : gv_audit_signers_load(&s->out->signers, s->repo);

	s->has_signers = s->has_signers || r == 0;
	return r;
}

static void
find_signer(struct gv_audit_event_at *at, const struct search *s,
    const struct gv_audit_entry *e)
{
	if (!e->is_signed)
		return;
	at->is_elsewhere = !s->is_adopted &&
	    !gv_audit_signers_is_here(&s->out->signers, s->repo, e);
	if (!at->is_elsewhere)
		at->signer = gv_audit_signers_find(&s->out->signers, e->key);
}

static int
keep(struct search *s, const struct gv_audit_entry *e)
{
	struct gv_audit_found *out = s->out;
	struct gv_audit_event_at *at;
	struct gv_audit_entry *to;
	int r = need_signers(s);

	if (r < 0 || (r = GV_GROW(out->events, out->n, out->cap)) < 0)
		return r;
	at = &out->events[out->n++];
	*at = (struct gv_audit_event_at){ .host = s->host };
	find_signer(at, s, e);
	to = &at->entry;
	*to = *e;
	to->keyring = copy(e->keyring, &r);
	to->what = copy(e->what, &r);
	to->actor = copy(e->actor, &r);
	to->user = copy(e->user, &r);
	to->pipeline = copy(e->pipeline, &r);
	to->snapshot = copy(e->snapshot, &r);
	to->target = copy(e->target, &r);
	to->result = copy(e->result, &r);
	to->reason = copy(e->reason, &r);
	to->ids = copy(e->ids, &r);
	to->snapshots = copy(e->snapshots, &r);
	to->scopes = copy(e->scopes, &r);
	return r;
}

/* Times may run backwards in a chain, so all of it is looked at; but not where
 * no more is wanted. */
static int
look(void *ctx, const struct gv_audit_entry *e)
{
	struct search *s = ctx;
	const struct gv_audit_find_opts *o = s->opts;
	int r;

	if (o->limit >= 0 && s->out->n - s->from >= (uint64_t)o->limit)
		return GV_EEXISTS; /* enough */
	if (takes(s, e) && (r = keep(s, e)) < 0)
		return r;
	if (s->is_adopted || !e->is_signed ||
	    strcmp(e->what, GV_AUDIT_KEY_ADOPT) != 0)
		return 0;
	if ((r = need_signers(s)) < 0)
		return r;
	s->is_adopted = gv_audit_signers_is_adoption(&s->out->signers, e);
	return 0;
}

static int
search_chain(struct search *s, struct gv_repo *repo, const char *ref)
{
	char *before = gv_err_save();
	int r;

	s->from = s->out->n;
	s->is_adopted = false;
	r = gv_audit_each(repo, ref, NULL, look, s);
	if (r == GV_ECORRUPT || r == GV_EREFUSED) {
		gv_buf_addf(&s->out->damaged, "%s\n", gv_err_message());
		r = gv_buf_check(&s->out->damaged);
	}
	if (r == GV_EEXISTS)
		r = 0;
	return gv_err_settle(r, before);
}

/* ---- all chains ---- */

/* Of two hosts, which of one time are in the order of their names. */
static int
compare(const struct gv_audit_event_at *x, const struct gv_audit_event_at *y)
{
	if (x->entry.time != y->entry.time)
		return x->entry.time < y->entry.time ? 1 : -1;
	return strcmp(x->host, y->host);
}

/* Merge two runs, of which each keeps the order that its chain has. */
static void
merge(struct gv_audit_event_at *to, const struct gv_audit_event_at *a, size_t n,
    const struct gv_audit_event_at *b, size_t m)
{
	while (n || m)
		if (m == 0 || (n && compare(a, b) <= 0)) {
			*to++ = *a++;
			n--;
		} else {
			*to++ = *b++;
			m--;
		}
}

/* What a chain gave goes among what stands before it. */
static int
settle(struct search *s)
{
	struct gv_audit_found *out = s->out;
	struct gv_audit_event_at *all;
	size_t n = out->n;

	if (s->from == 0 || s->from == n)
		return 0;
	all = malloc(n * sizeof(*all));
	if (all == NULL)
		return gv_err_nomem();
	merge(all, out->events, s->from, out->events + s->from, n - s->from);
	free(out->events);
	out->events = all;
	out->cap = n;
	return 0;
}

static void
cut(struct gv_audit_found *out, int64_t limit)
{
	while (limit >= 0 && out->n > (uint64_t)limit)
		gv_audit_entry_release(&out->events[--out->n].entry);
}

static int
search_all(struct search *s, struct gv_repo *repo, const char *host)
{
	struct gv_refs refs = { 0 };
	bool found = host == NULL;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_AUDIT);

	/* names are those of the list, which stays as long as the events */
	s->out->hosts = refs.text;
	for (i = 0; r == 0 && i < refs.n; i++) {
		s->host = refs.refs[i].name + strlen(GV_REFS_AUDIT);
		if (host && strcmp(host, s->host) != 0)
			continue;
		found = true;
		if ((r = search_chain(s, repo, refs.refs[i].name)) == 0)
			r = settle(s);
	}
	if (r == 0 && !found)
		r = gv_err(GV_ENOTFOUND,
		    "there is no audit chain of a host '%s' here", host);
	free(refs.refs);
	return r;
}

int
gv_audit_find(struct gv_audit_found *out, struct gv_repo *repo,
    const struct gv_audit_find_opts *opts)
{
	struct search s = { .opts = opts,
		.out = out,
		.repo = repo,
		.since = INT64_MIN,
		.until = INT64_MAX };
	int r = 0;

	*out = (struct gv_audit_found){ .damaged = GV_BUF_INIT,
		.signers = GV_AUDIT_SIGNERS_INIT };
	if (opts->since)
		r = gv_record_since(&s.since, opts->since);
	if (r == 0 && opts->until)
		r = gv_record_time(&s.until, opts->until);
	if (r == 0 && (r = search_all(&s, repo, opts->host)) == 0)
		cut(out, opts->limit);
	if (r < 0)
		gv_audit_found_release(out);
	return r;
}

/* HOST:NUMBER, with the host in a text of its own. */
static int
split(char **host, uint64_t *number, const char *text)
{
	const char *colon = strrchr(text, ':');
	char *end = NULL;

	*host = NULL;
	*number = 0;
	if (colon == NULL)
		return 0;
	*number = strtoull(colon + 1, &end, 10);
	if (colon[1] < '1' || colon[1] > '9' || *end)
		return gv_err(GV_EUSAGE,
		    "'%s' is not an event: give HOST:NUMBER, or the beginning "
		    "of its commit's id",
		    text);
	*host = strndup(text, (size_t)(colon - text));
	return *host ? 0 : gv_err_nomem();
}

int
gv_audit_find_one(
    struct gv_audit_found *out, struct gv_repo *repo, const char *text)
{
	const struct gv_audit_find_opts opts = { .limit = 2 };
	struct search s = { .opts = &opts, .out = out, .repo = repo };
	char *host;
	int r = split(&host, &s.number, text);

	*out = (struct gv_audit_found){ .damaged = GV_BUF_INIT,
		.signers = GV_AUDIT_SIGNERS_INIT };
	if (r < 0)
		goto out;
	if (s.number == 0) {
		s.commit = text;
		if (strlen(text) < SHORTEST ||
		    strspn(text, "0123456789abcdefABCDEF") != strlen(text)) {
			r = gv_err(GV_EUSAGE,
			    "'%s' is not an event: give HOST:NUMBER, or at "
			    "least %d digits of its commit's id",
			    text, SHORTEST);
			goto out;
		}
	}
	if ((r = search_all(&s, repo, host)) < 0)
		goto out;
	if (out->n == 0) {
		r = gv_err(GV_ENOTFOUND,
		    "there is no event '%s' in the audit chains here%s", text,
		    out->damaged.len ? ", of which some are damaged" : "");
		goto out;
	}
	if (out->n > 1)
		r = gv_err(GV_EREFUSED,
		    "'%s' matches several events; give more digits", text);
out:
	free(host);
	if (r < 0)
		gv_audit_found_release(out);
	return r;
}

void
gv_audit_found_release(struct gv_audit_found *found)
{
	size_t i;

	if (found == NULL)
		return;
	for (i = 0; i < found->n; i++)
		gv_audit_entry_release(&found->events[i].entry);
	free(found->events);
	free(found->hosts);
	gv_buf_release(&found->damaged);
	gv_audit_signers_release(&found->signers);
	memset(found, 0, sizeof(*found));
}
