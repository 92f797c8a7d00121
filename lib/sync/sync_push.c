#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "remote/refspec.h"
#include "remote/remote.h"
#include "remote/tracked.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"
#include "sys/proc.h"
#include "vault/note.h"

/*
 * What the remote lacks, never by force: git itself refuses what does not go on
 * from what is there, and the remote what has moved while the push went on. By
 * one atomic push where it can; else, and where there is more than a command
 * line takes, what others lean on is first.
 *
 * Refs of deleted snapshots go in the same push that brings their tombstones,
 * and only there, with the marks: these move in it, if only to themselves, so
 * that the whole push is refused where somebody has pinned one meanwhile.
 */

#define BATCH 1000 /* refs, of some hundred bytes on the command line */

/* A hook that refuses a push refuses all of it, be it for one ref, and for one
 * object that is damaged here nothing of it can be unpacked. So it is made
 * smaller until that one stands alone, for a number of refusals; and for a
 * number where nothing went: then, if the last of all does not go either, the
 * remote takes nothing at all. */
#define MAX_REFUSALS 64
#define MAX_AT_FIRST 12
#define WHOLE        "(pre-receive hook declined)"
#define UNPACKED     "unpacker error)" /* the same of what came of a pack */
#define BY_HOOK      "hook declined)"  /* or by update, for one ref */
#define OURS         "git-vault: "     /* a server's that has our hooks */
#define FIXED        32                /* other arguments of git push */

/* The variables by which git is given refspecs, with a number behind it. */
#define SPEC "GIT_VAULT_FETCH_"

/* The one that says that a remote is no mirror to this push. */
#define MIRROR "GIT_VAULT_MIRROR"

/* What git says where one ref is the folder of another. */
#define IN_THE_WAY "exists; cannot create"

enum outcome {
	DONE,
	SAME,    /* it has that already */
	MOVED,   /* another push was quicker */
	BESIDE,  /* refused because of others */
	DECLINED /* the remote does not want it */
};

/* One that is pushed. */
struct step {
	struct gv_sync_ref *ref;
	const char *there; /* its name on the remote; the arena's */
	bool is_deletion;
	enum outcome outcome;
};

struct push {
	struct gv_sync *s;
	struct step *steps;
	size_t n, cap;
	size_t from, to; /* those of the batch that is under way */
	size_t size;     /* of a batch, at most */
	unsigned refusals;
	bool any_went;
	bool has_tried_last; /* by itself */
};

/* ---- what is to go ------------------------------------------------------ */

static int
add_step(struct push *p, struct gv_sync_ref *ref, bool is_deletion)
{
	struct gv_buf name = GV_BUF_INIT;
	const char *there = NULL;
	int r = GV_GROW(p->steps, p->n, p->cap);

	if (r == 0 &&
	    (r = gv_remote_ref_there(&name, &p->s->map, ref->name)) == 0)
		there = gv_arena_copy(&p->s->arena, name.p, name.len);
	if (there)
		p->steps[p->n++] = (struct step){ .ref = ref,
			.there = there,
			.is_deletion = is_deletion,
			.outcome = DECLINED };
	gv_buf_release(&name);
	return r == 0 && there == NULL ? GV_ENOMEM : r;
}

/* What is where pushes go may be seen by no fetch: then all that is ours is to
 * be there, and git sends what is not. */
static bool
is_to_send(const struct gv_sync *s, const struct gv_sync_ref *ref)
{
	return !gv_oid_is_zero(&ref->ours) &&
	    (s->is_elsewhere || !gv_oid_equal(&ref->ours, &ref->theirs)) &&
	    !gv_sync_set_has(&s->gone, ref->name) &&
	    !gv_sync_set_has(&s->held, ref->name) &&
	    !gv_sync_set_has(&s->refused, ref->name);
}

bool
gv_sync_is_to_clear(const struct gv_sync *s, const struct gv_sync_ref *ref)
{
	return !gv_oid_is_zero(&ref->theirs) &&
	    gv_sync_set_has(&s->gone, ref->name);
}

bool
gv_sync_clears(const struct gv_sync *s, bool tells)
{
	bool any = false;
	size_t i;

	for (i = 0; !any && i < s->refs.n; i++)
		any = gv_sync_is_to_clear(s, &s->refs.refs[i]);
	return any && tells && !s->is_elsewhere && !s->keeps_deleted &&
	    !s->report->is_piecemeal &&
	    !gv_sync_set_has(&s->held, GV_REF_MARKS) &&
	    !gv_sync_set_has(&s->refused, GV_REF_MARKS) &&
	    !gv_sync_set_has(&s->refused, GV_REF_DELETED);
}

static bool
clears(const struct gv_sync *s)
{
	bool tells = s->is_clearing;
	size_t i;

	for (i = 0; !tells && i < s->refs.n; i++)
		tells = strcmp(s->refs.refs[i].name, GV_REF_DELETED) == 0 &&
		    is_to_send(s, &s->refs.refs[i]);
	return gv_sync_clears(s, tells);
}

static int
plan(struct push *p)
{
	struct gv_sync *s = p->s;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++)
		if (is_to_send(s, &s->refs.refs[i]))
			r = add_step(p, &s->refs.refs[i], false);
	if (r < 0 || !clears(s))
		return r;
	for (i = 0; r == 0 && i < s->refs.n && p->n < BATCH; i++)
		if (gv_sync_is_to_clear(s, &s->refs.refs[i]))
			r = add_step(p, &s->refs.refs[i], true);
	return r;
}

/* Have the marks move in this push: by one more commit that says the same. */
static int
guard(struct gv_sync *s)
{
	struct gv_ledger_edit edit = { .repo = NULL };
	struct gv_oid ours = { { 0 } }, theirs = { { 0 } };
	struct gv_ledger marks;
	struct gv_odb *odb;
	size_t i;
	int r;

	for (i = 0; i < s->refs.n; i++)
		if (strcmp(s->refs.refs[i].name, GV_REF_MARKS) == 0) {
			ours = s->refs.refs[i].ours;
			theirs = s->refs.refs[i].theirs;
		}
	if (!gv_oid_equal(&ours, &theirs))
		return 0;
	if ((r = gv_repo_odb(s->repo, &odb)) == 0 &&
	    (r = gv_ledger_load(&marks, odb, &ours)) == 0 &&
	    (r = gv_ledger_begin(&edit, s->repo, s->opts->safe.now)) == 0 &&
	    (r = gv_ledger_step(&edit, &marks, GV_REF_MARKS, &marks.tree,
		 "no snapshot that goes is pinned")) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	return r < 0 ? r : gv_sync_list(s);
}

/* ---- git push ----------------------------------------------------------- */

static int
write_step(struct gv_buf *spec, struct gv_buf *lease, const struct step *step)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(
	    hex, step->is_deletion ? &step->ref->theirs : &step->ref->ours);
	if (step->is_deletion)
		gv_buf_addf(
		    lease, "--force-with-lease=%s:%s", step->there, hex);
	gv_buf_addf(spec, "%s:%s", step->is_deletion ? "" : hex, step->there);
	return gv_buf_check(spec) < 0 ? GV_ENOMEM : gv_buf_check(lease);
}

struct words {
	const char **argv, **env;
	char **own;
	size_t n, n_env, n_own;
};

static const char *
own(struct words *w, struct gv_buf *text)
{
	char *word = gv_buf_take(text);

	if (word)
		w->own[w->n_own++] = word;
	return word;
}

static int
add_word(struct words *w, struct gv_buf *text)
{
	const char *word = text->len ? own(w, text) : NULL;

	if (text->len && word == NULL)
		return GV_ENOMEM;
	if (word)
		w->argv[w->n++] = word;
	return 0;
}

static int
add_env(struct words *w, struct gv_buf *text)
{
	const char *word = own(w, text);

	if (word == NULL)
		return GV_ENOMEM;
	w->env[w->n_env++] = word;
	return 0;
}

static int
add_words(struct words *w, const struct push *p, bool leases)
{
	struct gv_buf spec = GV_BUF_INIT, lease = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = p->from; r == 0 && i < p->to; i++) {
		gv_buf_reset(&spec);
		gv_buf_reset(&lease);
		if ((r = write_step(&spec, &lease, &p->steps[i])) == 0)
			r = add_word(w, leases ? &lease : &spec);
	}
	gv_buf_release(&spec);
	gv_buf_release(&lease);
	return r;
}

/* Have git move what stands beside ours for what it has pushed, also where no
 * refspec is configured: what the remote has now is known without a fetch. Of
 * snapshots nothing stands there.
 * Where its names are those of branches, one that is configured comes before
 * ours, and git would make remote-tracking branches of them: then it is kept
 * from that, and keep_beside() does it. By the environment, since -c takes what
 * is behind the first '=' for the value, and the name of a remote may have one.
 */
static int
add_track(struct words *w, const struct gv_sync *s)
{
	static const struct gv_refspec_part all = { .is_all = true };
	struct gv_buf specs = GV_BUF_INIT, word = GV_BUF_INIT;
	size_t at, i = 0;
	int r = gv_remote_ref_is_prefixed(&s->map)
	    ? gv_remote_ref_untracked(&specs, &s->map)
	    : gv_refspec_add(&specs, &s->map, &all);

	for (at = 0; r == 0 && at < specs.len;
	     at += strlen(specs.p + at) + 1, i++) {
		gv_buf_reset(&word);
		gv_buf_addf(&word, "--config-env=remote.%s.fetch=" SPEC "%zu",
		    s->remote, i);
		r = add_word(w, &word);
		gv_buf_reset(&word);
		gv_buf_addf(&word, SPEC "%zu=%s", i, specs.p + at);
		if (r == 0)
			r = add_env(w, &word);
	}
	gv_buf_release(&specs);
	gv_buf_release(&word);
	return r;
}

/* Of a mirror git pushes all there is, and takes no refspec. */
static int
add_no_mirror(struct words *w, const struct gv_sync *s)
{
	struct gv_buf word = GV_BUF_INIT;
	int r;

	gv_buf_addf(&word, "--config-env=remote.%s.mirror=" MIRROR, s->remote);
	r = add_word(w, &word);
	gv_buf_release(&word);
	w->env[w->n_env++] = MIRROR "=false";
	return r;
}

/* The hooks of the user's own pushes have nothing to do with this one. */
static int
run(struct gv_proc *proc, const struct push *p)
{
	static const char *const begin[] = { "push", "--porcelain",
		"--no-verify", "--no-follow-tags", "--recurse-submodules=no" };
	const char *env[FIXED + GV_REMOTE_ENV] = { NULL };
	struct words w = { .env = env, .n_env = gv_sync_env(p->s, env) };
	size_t n = 2 * (p->to - p->from) + FIXED, i;
	int r = 0;

	w.argv = calloc(n, sizeof(*w.argv));
	w.own = calloc(n, sizeof(*w.own));
	if (w.argv == NULL || w.own == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	w.argv[w.n++] = "git";
	if ((r = add_track(&w, p->s)) < 0 || (r = add_no_mirror(&w, p->s)) < 0)
		goto out;
	for (i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		w.argv[w.n++] = begin[i];
	if (!p->s->report->is_piecemeal)
		w.argv[w.n++] = "--atomic";
	if ((r = add_words(&w, p, true)) < 0)
		goto out;
	w.argv[w.n++] = "--";
	w.argv[w.n++] = p->s->remote;
	if ((r = add_words(&w, p, false)) < 0)
		goto out;
	r = gv_sync_git(
	    p->s, proc, &(struct gv_proc_opts){ .argv = w.argv, .env = env });
out:
	while (w.n_own > 0)
		free(w.own[--w.n_own]);
	free(w.own);
	free(w.argv);
	return r;
}

/* ---- what came of it ---------------------------------------------------- */

/* A line of --porcelain: a mark, FROM:TO, and in words what came of it. */
static struct step *
find_step(struct push *p, const char *line)
{
	const char *to = strchr(line + 2, ':'), *end;
	size_t i, len;

	end = to ? strchr(to, '\t') : NULL;
	if (end == NULL)
		return NULL;
	to++;
	len = (size_t)(end - to);
	for (i = p->from; i < p->to; i++)
		if (strlen(p->steps[i].there) == len &&
		    memcmp(p->steps[i].there, to, len) == 0)
			return &p->steps[i];
	return NULL;
}

static enum outcome
judge(const char *line)
{
	const char *words = strrchr(line, '\t');

	words = words ? words : "";
	if (*line != '!')
		return *line == '=' ? SAME : DONE;
	if (strstr(words, "(atomic"))
		return BESIDE;
	return gv_remote_is_race(words) ? MOVED : DECLINED;
}

/* Whether it is there already, while the fetch has brought nothing by that
 * name. Of what the remote itself refuses only these words say so: others are
 * of a push that goes on beside this one. */
static bool
is_unseen(const struct step *step, const char *line)
{
	return !step->is_deletion && gv_oid_is_zero(&step->ref->theirs) &&
	    (step->outcome == SAME ||
		(step->outcome == MOVED &&
		    (strstr(line, "\t[rejected]") ||
			strstr(line, "already exists"))));
}

/* What our own git has died of, and not one over there; NULL: of nothing. */
static const char *
find_fatal(const char *err)
{
	static const char mark[] = "fatal: ";
	const char *at = strstr(err, mark);

	while (at && at > err && at[-1] != '\n')
		at = strstr(at + 1, mark);
	return at;
}

/* The words in brackets, and what the remote printed. They would blame it for
 * what is damaged here: git cannot make a pack of that, or sends the bytes as
 * they are, which nobody unpacks. */
static int
explain(struct gv_buf *out, const char *line, const struct gv_proc *proc)
{
	const char *words = strrchr(line, '\t'), *err = proc->err.p;
	const char *fatal = find_fatal(err);
	const bool is_damaged = strstr(line, UNPACKED) &&
	    (fatal || strstr(err, "inflate returned"));

	if (is_damaged)
		gv_buf_addstr(out, "it is damaged here");
	else if (words)
		gv_buf_addf(out, "%s", words + 1);
	if (is_damaged && fatal)
		gv_buf_addf(out, ": %.*s", (int)strcspn(fatal, "\r\n"), fatal);
	else
		gv_remote_add_said(out, err);
	if (is_damaged)
		gv_buf_addstr(out,
		    "; `git vault verify --all` tells what is missing, and "
		    "`git vault repair` brings back what it can");
	return gv_buf_check(out);
}

/* Whether a push is refused as a whole, maybe for one ref of it, by what git
 * says of it. */
static bool
is_whole(const char *words)
{
	return strstr(words, WHOLE) || strstr(words, UNPACKED);
}

/* That a ref is not taken: it is not tried again, and told, but not by what was
 * said of others. A deletion that is not taken is no matter: the tombstone says
 * it. */
static int
note_declined(struct push *p, const struct step *step, const char *line,
    const struct gv_proc *proc)
{
	struct gv_sync *s = p->s;
	const bool is_untried = p->to - p->from > 1 && is_whole(line);
	struct gv_buf why = GV_BUF_INIT;
	char *text;
	int r;

	if (step->is_deletion) {
		s->keeps_deleted = true;
		return 0;
	}
	if (gv_tracked_is_snapshot(step->ref->name))
		s->report->declines_snapshot |= strstr(line, BY_HOOK) != NULL;
	else if (!strstr(proc->err.p, OURS)) /* they say why */
		s->report->n_declined += !is_untried;
	r = gv_sync_set_add(s, &s->refused, step->ref->name);
	if (r == 0 && is_untried)
		gv_buf_addstr(&why,
		    "not pushed separately, since the remote has refused too "
		    "many others");
	else if (r == 0)
		r = explain(&why, line, proc);
	text = r == 0 ? gv_buf_take(&why) : NULL;
	gv_buf_release(&why);
	return text ? gv_sync_note(s, GV_SYNC_REFUSED, step->ref, text)
		    : GV_ENOMEM;
}

static int
read_lines(struct push *p, struct gv_proc *proc, size_t counts[])
{
	char *line, *nl;
	struct step *step;
	int r = 0;

	for (line = proc->out.p; r == 0 && (nl = strchr(line, '\n'));
	     line = nl + 1) {
		*nl = '\0';
		step = *line && line[1] == '\t' ? find_step(p, line) : NULL;
		if (step == NULL)
			continue;
		step->outcome = judge(line);
		counts[step->outcome]++;
		if (step->outcome == DECLINED)
			r = note_declined(p, step, line, proc);
		else if (is_unseen(step, line))
			r = gv_sync_set_add(
			    p->s, &p->s->unseen, step->ref->name);
	}
	return r;
}

static int
note_done(struct push *p)
{
	size_t i;
	int r = 0;

	for (i = p->from; r == 0 && i < p->to; i++)
		if (p->steps[i].outcome == DONE)
			r = gv_sync_note(p->s,
			    p->steps[i].is_deletion ? GV_SYNC_CLEARED
						    : GV_SYNC_SENT,
			    p->steps[i].ref, NULL);
	return r;
}

static bool
is_there_now(const struct step *step)
{
	return step->outcome == DONE || step->outcome == SAME;
}

static void
add_line(struct gv_buf *out, const struct gv_oid *oid, const char *name)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s %s\n", hex, name);
}

/* Have the remote's list be what it is now. */
static int
note_there(const struct push *p)
{
	struct gv_refs *there = &p->s->there, now;
	struct gv_buf lines = GV_BUF_INIT;
	struct gv_map moved = GV_MAP_INIT;
	size_t i;
	int r = 0;

	for (i = p->from; r == 0 && i < p->to; i++) {
		struct step *step = &p->steps[i];
		const char *name = step->ref->name;

		if (!is_there_now(step))
			continue;
		if (!step->is_deletion)
			add_line(&lines, &step->ref->ours, name);
		r = gv_map_put(&moved, name, strlen(name), step);
	}
	for (i = 0; r == 0 && i < there->n; i++) {
		const char *name = there->refs[i].name;

		if (gv_map_get(&moved, name, strlen(name)) == NULL)
			add_line(&lines, &there->refs[i].oid, name);
	}
	if (r == 0 && (r = gv_buf_check(&lines)) == 0 &&
	    (r = gv_refs_parse(&now, &lines)) == 0) {
		gv_refs_release(there);
		*there = now;
	}
	gv_map_release(&moved);
	gv_buf_release(&lines);
	return r;
}

/* What the remote has of a step now stands beside ours, unless somebody else's
 * fetch has moved that meanwhile. */
static int
add_beside(
    struct gv_ref_tx *tx, const struct gv_sync *s, const struct step *step)
{
	const struct gv_sync_ref *ref = step->ref;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if ((r = gv_sync_name_copy(&name, s, ref->name)) < 0)
		goto out;
	if (step->is_deletion)
		gv_ref_delete(tx, name.p, &ref->theirs);
	else if (gv_oid_is_zero(&ref->theirs))
		gv_ref_create(tx, name.p, &ref->ours);
	else
		gv_ref_update(tx, name.p, &ref->ours, &ref->theirs);
out:
	gv_buf_release(&name);
	return r;
}

/* Without it the next fetch brings them, so no failure of it counts. */
static int
keep_beside(const struct push *p)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	size_t i;
	int r = 0;

	if (!gv_remote_ref_is_prefixed(&p->s->map))
		return 0;
	for (i = p->from; r == 0 && i < p->to; i++)
		if (is_there_now(&p->steps[i]) &&
		    !gv_tracked_is_snapshot(p->steps[i].ref->name))
			r = add_beside(&tx, p->s, &p->steps[i]);
	if (r == 0 && tx.lines.len)
		r = gv_ref_commit(&tx, p->s->repo);
	gv_ref_tx_release(&tx);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Whether the last of all is to be tried by itself, before those in front: what
 * is refused may be old, and newer things would wait for it for ever. */
static bool
tries_last(struct push *p)
{
	const struct step last = p->steps[p->n - 1];

	if (p->any_went || p->has_tried_last || last.is_deletion ||
	    p->n - p->from < 2)
		return false;
	memmove(p->steps + p->from + 1, p->steps + p->from,
	    (p->n - p->from - 1) * sizeof(*p->steps));
	p->steps[p->from] = last;
	p->has_tried_last = true;
	p->size = 1;
	p->to = p->from;
	return true;
}

/* Whether all of a batch was refused, maybe for some of it: then none of it is
 * done, and its first half is the next batch; they grow as they go. What
 * deletes goes with the marks or not at all, so it waits until it is known what
 * is refused, once. */
static bool
is_halved(struct push *p, const struct gv_proc *proc)
{
	const size_t n = p->to - p->from;

	if (proc->status == 0 || !is_whole(proc->out.p))
		return false;
	p->refusals++;
	if (p->refusals >= (p->any_went ? MAX_REFUSALS : MAX_AT_FIRST)) {
		if (tries_last(p))
			return true;
		p->size = BATCH;
		return false;
	}
	if (n == 1)
		return false;
	while (p->n > p->from && p->steps[p->n - 1].is_deletion) {
		p->s->keeps_deleted = p->s->is_clearing;
		p->s->is_put_off = !p->s->is_clearing;
		p->n--;
	}
	p->size = (n + 1) / 2;
	p->to = p->from;
	return true;
}

/* 0; 1 where it is to be done once more without what was refused. */
static int
settle(struct push *p, struct gv_proc *proc)
{
	size_t counts[DECLINED + 1] = { 0 };
	int r;

	if (is_halved(p, proc))
		return 0;
	if (proc->status == 0) {
		p->any_went = true;
		p->size = 2 * p->size < BATCH ? 2 * p->size : BATCH;
	}
	if (proc->status && !p->s->report->is_piecemeal &&
	    strstr(proc->err.p, "does not support --atomic")) {
		p->s->report->is_piecemeal = true;
		return 1;
	}
	if ((r = read_lines(p, proc, counts)) == 0 && (r = note_done(p)) == 0 &&
	    (r = note_there(p)) == 0)
		r = keep_beside(p);
	if (r < 0)
		return r;
	/* no rival: it stays so however often it is tried */
	if (proc->status && strstr(proc->err.p, IN_THE_WAY))
		return gv_err(GV_EREFUSED,
		    "the remote '%s' has a ref that blocks those of the vault; "
		    "for the remedy: git vault doctor %s: %s",
		    p->s->remote, p->s->remote, gv_proc_why(proc));
	/* of an atomic push that came too late every line says the same, and
	 * only the remote's own words tell why */
	if (counts[MOVED] ||
	    (counts[BESIDE] && counts[DECLINED] == 0 &&
		gv_remote_is_race(proc->err.p)))
		return gv_err(GV_EEXISTS, "the remote '%s' has moved meanwhile",
		    p->s->remote);
	if (counts[BESIDE] && counts[DECLINED])
		return 1;
	/* what no ref was refused for has kept git from one of the places that
	 * it pushes to, or from all */
	if (proc->status && counts[DECLINED] == 0)
		return gv_err(GV_ERROR, "cannot push to the remote '%s': %s",
		    p->s->remote, gv_proc_why(proc));
	return 0;
}

static int
push_batch(struct push *p)
{
	struct gv_proc proc = GV_PROC_INIT;
	int r = run(&proc, p);

	if (r == 0)
		r = settle(p, &proc);
	gv_proc_release(&proc);
	return r;
}

/* Each round has fewer refs, or no --atomic. */
static int
push_all(struct gv_sync *s)
{
	struct push p = { .s = s, .size = BATCH };
	int r = gv_sync_hold(s);

	if (r == 0)
		r = plan(&p);

	while (r == 0 && p.from < p.n) {
		p.to = p.n - p.from > p.size ? p.from + p.size : p.n;
		r = push_batch(&p);
		p.from = p.to;
	}
	free(p.steps);
	return r;
}

/* One push has no more than a batch of refs that are to go there: as long as
 * some of them went, the rest goes by more of the same kind. */
static int
push_on(struct gv_sync *s)
{
	size_t before = s->report->counts[GV_SYNC_CLEARED];
	int r = clears(s) ? guard(s) : 0;

	/* it ends, since each time more is known of what is not taken */
	if (r == 0)
		do
			r = push_all(s);
		while (r > 0);
	s->is_clearing =
	    s->is_put_off || s->report->counts[GV_SYNC_CLEARED] > before;
	s->is_put_off = false;
	if (r < 0 || !s->is_clearing)
		return r;
	r = gv_sync_list(s);
	return r < 0 ? r : clears(s);
}

int
gv_sync_push(struct gv_sync *s)
{
	int r, shown;

	s->is_clearing = false;
	do
		r = push_on(s);
	while (r > 0);
	shown = r == 0 || r == GV_EEXISTS ? gv_sync_shown(s) : 0;
	if (shown < 0)
		return shown;
	/* no fetch will bring it, unless it was a push to both */
	if (r == GV_EEXISTS && s->is_elsewhere && s->attempt > 0)
		r = gv_err(GV_EREFUSED,
		    "the push address of '%s' has refs that its fetch address "
		    "lacks; give the push address a remote of its own and sync "
		    "with that",
		    s->remote);
	else if (r == GV_EEXISTS && s->opts->no_fetch)
		r = gv_err(GV_EREFUSED,
		    "the remote '%s' has refs that were not fetched yet; sync "
		    "without --push-only",
		    s->remote);
	return r;
}
