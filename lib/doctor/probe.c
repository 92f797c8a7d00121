#include "doctor/probe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/err.h"
#include "base/time.h"
#include "doctor/probe_hold.h"
#include "hook/receive.h"
#include "object/loose.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_id.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "remote/verify_remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/proc.h"

/*
 * What the other side can is in what it says first, which git shows where it
 * traces its packets: on standard error, a line each, among what it says to
 * people.
 */

#define OLD   3600 /* seconds; no probe takes longer */
#define TRIES 8    /* looks at a remote that others sweep, too */

struct run {
	struct gv_probe *out;
	struct gv_repo *repo;
	const char *remote;
	int64_t now;
	struct gv_remote_ref map;
	struct gv_refs refs;       /* that it has, by our names */
	struct gv_oid oid;         /* of the commit that is pushed */
	struct gv_buf ref;         /* ours, of this probe */
	struct gv_probe_hold hold; /* of its name */
};

/* ---- what git prints ---------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The word behind `key` in a list that ends with the line, or NULL. */
static char *
word_behind(const char *list, const char *key)
{
	const char *nl = list + strcspn(list, "\n");
	const char *at = strstr(list, key);

	if (at == NULL || at > nl)
		return NULL;
	at += strlen(key);
	return strndup(at, strcspn(at, " \n\\"));
}

/* Whether the list has this word. */
static bool
has_word(const char *list, const char *word)
{
	const char *nl = list + strcspn(list, "\n"), *at = list;
	size_t len = strlen(word);

	while ((at = strstr(at, word)) && at < nl) {
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\n' || at[len] == '='))
			return true;
		at += len;
	}
	return false;
}

/* A line of the trace that says what a server can has a NUL, printed as \0,
 * before it. */
static void
read_capabilities(struct gv_probe *out, const char *trace)
{
	const char *at = trace;

	while ((at = strstr(at, "\\0")) != NULL) {
		at += 2;
		if (!has_word(at, "report-status"))
			continue;
		out->is_atomic = has_word(at, "atomic");
		out->has_options = has_word(at, "push-options");
		free(out->agent);
		out->agent = word_behind(at, " agent=");
		return;
	}
}

/* What it says to people: the first line of that beginning, or else any that
 * is not of the trace. */
static const char *
find_words(const char *text, const char *beginning)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (*beginning ? begins(text, beginning)
			       : begins(text, "fatal: ") ||
			    begins(text, "error: ") || begins(text, "ssh: "))
			return text + strlen(beginning);
	return NULL;
}

/* Keep why: what stands in the line of a ref that was refused, and what the
 * remote has said. */
static int
keep_why(struct gv_probe *out, const struct gv_proc *p)
{
	const char *line = find_words(p->out.p, "!\t"), *words;
	struct gv_buf why = GV_BUF_INIT;
	const char *tab = line ? strchr(line, '\t') : NULL;

	words = tab ? tab + 1 : find_words(p->err.p, "");
	if (words)
		gv_buf_add(&why, words, strcspn(words, "\n"));
	if (line)
		gv_remote_add_said(&why, p->err.p);
	if (why.len == 0)
		gv_buf_addstr(&why, "it does not say why");
	free(out->why);
	out->why = gv_buf_take(&why);
	return out->why ? 0 : GV_ENOMEM;
}

/* ---- its list ----------------------------------------------------------- */

/* The newest by its name, which begins with its time. */
static void
count(struct run *run)
{
	struct gv_probe *out = run->out;
	size_t i, len = strlen(GV_REFS_SNAPSHOTS);
	int64_t time;

	out->snapshots = 0;
	for (i = 0; i < run->refs.n; i++) {
		const char *name = run->refs.refs[i].name;

		out->has_receipts |= begins(name, GV_REFS_SERVERS);
		if (!begins(name, GV_REFS_SNAPSHOTS) ||
		    !gv_record_is_id(name + len, strlen(name + len)))
			continue;
		out->snapshots++;
		if (gv_time_parse_compact(&time, name + len) == 0 &&
		    time > out->newest)
			out->newest = time;
	}
}

/* The first that keeps others out, by the name that it has there. */
static int
find_in_the_way(struct run *run)
{
	struct gv_buf there = GV_BUF_INIT;
	size_t i = 0;
	int r;

	free(run->out->in_the_way);
	run->out->in_the_way = NULL;
	while (i < run->refs.n &&
	    !gv_receive_is_in_the_way(run->refs.refs[i].name))
		i++;
	if (i == run->refs.n)
		return 0;
	r = gv_remote_ref_there(&there, &run->map, run->refs.refs[i].name);
	run->out->in_the_way = r == 0 ? gv_buf_take(&there) : NULL;
	gv_buf_release(&there);
	return run->out->in_the_way ? 0 : gv_err_nomem();
}

static int
read_list(struct run *run, const struct gv_proc *p)
{
	struct gv_buf lines = GV_BUF_INIT;
	int r = gv_remote_ref_list(&lines, &run->map, p->out.p);
	char *text = r == 0 ? gv_buf_take(&lines) : NULL;

	gv_buf_release(&lines);
	if (text == NULL)
		return GV_ENOMEM;
	gv_refs_release(&run->refs);
	r = gv_verify_remote_parse(&run->refs, text);
	if (r < 0)
		return r;
	count(run);
	return find_in_the_way(run);
}

/* What a push sees: an address of its own for pushes would be another list. */
static int
list(struct run *run)
{
	const char *argv[] = { "env", "GIT_TRACE_PACKET=2", "git", "-c",
		"core.askPass=", "ls-remote", "--refs", "--", run->remote, NULL,
		NULL, NULL };
	struct gv_buf ours = GV_BUF_INIT, others = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	const char *v;
	int r = gv_remote_ref_there(&ours, &run->map, GV_REFS_VAULT "*");

	run->out->is_reached = false;
	gv_buf_addf(&others, "%s*", run->map.others.p);
	if (r == 0)
		r = gv_buf_check(&others);
	argv[9] = ours.p;
	argv[10] = gv_remote_ref_is_prefixed(&run->map) ? others.p : NULL;
	if (r == 0 && (r = gv_remote_run(&p, argv, &run->repo->config)) == 0) {
		v = strstr(p.err.p, "< version ");
		run->out->protocol = v ? atoi(v + 10) : 0;
		run->out->is_reached = p.status == 0;
		r = p.status ? keep_why(run->out, &p) : read_list(run, &p);
	} else if (r == GV_ERROR) { /* too slow: that is what was found */
		free(run->out->why);
		run->out->why = strdup(gv_err_message());
		r = run->out->why ? 0 : gv_err_nomem();
	}
	gv_proc_release(&p);
	gv_buf_release(&ours);
	gv_buf_release(&others);
	return r;
}

/* ---- pushes ------------------------------------------------------------- */

/* Have the remote move a vault ref from `was` to `to`, zero for none. 1 where
 * it did, else 0 with its words in out->why. */
static int
push(struct run *run, const char *ref, const struct gv_oid *to,
    const struct gv_oid *was)
{
	static const char *const env[] = { "GIT_TRACE_PACKET=2", NULL };
	const char *words[] = { "--porcelain", "--no-verify",
		"--no-follow-tags", "--recurse-submodules=no", NULL, "--",
		run->remote, NULL, NULL };
	struct gv_buf there = GV_BUF_INIT, lease = GV_BUF_INIT;
	struct gv_buf spec = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	int r = gv_remote_ref_there(&there, &run->map, ref);

	gv_oid_format(hex, was);
	gv_buf_addf(&lease, "--force-with-lease=%s:%s", there.p,
	    gv_oid_is_zero(was) ? "" : hex);
	gv_oid_format(hex, to);
	gv_buf_addf(&spec, "%s:%s", gv_oid_is_zero(to) ? "" : hex, there.p);
	words[4] = lease.p;
	words[7] = spec.p;
	if (r < 0 || (r = gv_buf_check(&lease)) < 0 ||
	    (r = gv_buf_check(&spec)) < 0)
		goto out;
	r = gv_remote_push(&p, &run->map, words, env, &run->repo->config);
	if (r < 0)
		goto out;
	read_capabilities(run->out, p.err.p);
	run->out->has_ward |= strstr(p.err.p, GV_RECEIVE_PROBED) != NULL;
	r = p.status == 0 ? 1 : keep_why(run->out, &p);
out:
	gv_proc_release(&p);
	gv_buf_release(&there);
	gv_buf_release(&lease);
	gv_buf_release(&spec);
	return r;
}

/* Whether it is to go: it is old, or its commit is here, so that this clone has
 * made it, and none that is still at it. One of another clone may be. */
static bool
is_left(const struct run *run, struct gv_odb *odb, const struct gv_ref *ref)
{
	const char *name = ref->name + strlen(GV_REFS_PROBES);

	if (!begins(ref->name, GV_REFS_PROBES))
		return false;
	return run->now - strtoll(name, NULL, 10) >= OLD ||
	    (gv_odb_has(odb, &ref->oid) &&
		!gv_probe_hold_is_held(run->repo, name));
}

/* The remote has not let it go: whether it still has it, as nobody else has
 * swept it meanwhile. 1 or 0. */
static int
is_kept(struct run *run, const struct gv_ref *left)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_probe *out = run->out;
	char *why = out->why;
	int r;

	gv_buf_addstr(&name, left->name);
	r = gv_buf_check(&name);
	out->why = NULL;
	/* the new list frees the one that was looked at */
	if (r < 0 || (r = list(run)) < 0)
		goto out;
	r = !out->is_reached || gv_refs_find(&run->refs, name.p);
out:
	if (r == 1 && out->why == NULL)
		out->why = why;
	else
		free(why);
	gv_buf_release(&name);
	return r;
}

/* Those of probes that were killed, or that it kept. 1 where the remote keeps
 * one, so that no other is to be put beside it. */
static int
sweep(struct run *run)
{
	static const struct gv_oid none;
	struct gv_odb *odb;
	size_t i, again = 0;
	int r = gv_repo_odb(run->repo, &odb);

	for (i = 0; r == 0 && i < run->refs.n; i++) {
		const struct gv_ref *ref = &run->refs.refs[i];

		if (!is_left(run, odb, ref))
			continue;
		r = push(run, ref->name, &none, &ref->oid);
		if (r < 0)
			return r;
		run->out->swept += r == 1;
		if (r == 1) {
			r = 0;
			continue;
		}
		if ((r = is_kept(run, ref)) == 0 && again++ == TRIES)
			return 0;
		i = (size_t)-1; /* the list is another one now */
	}
	if (r == 1)
		run->out->is_taken = run->out->is_shown = true;
	return r;
}

/* A commit, since some take nothing else, of no files. */
static int
prepare(struct run *run)
{
	struct gv_buf text = GV_BUF_INIT;
	char tree[GV_OID_HEX + 1];
	unsigned char random[4];
	int r = gv_clock_random(random, sizeof(random));

	if (r == 0)
		r = gv_loose_write(&run->oid, run->repo, GV_OTYPE_TREE, "", 0);
	if (r < 0)
		return r;
	gv_oid_format(tree, &run->oid);
	gv_buf_addf(&run->ref, GV_REFS_PROBES "%" PRId64 "-%02x%02x%02x%02x",
	    run->now, random[0], random[1], random[2], random[3]);
	gv_buf_addf(&text,
	    "tree %s\n"
	    "author git-vault <git-vault@localhost> %" PRId64 " +0000\n"
	    "committer git-vault <git-vault@localhost> %" PRId64 " +0000\n"
	    "\ngit vault doctor looks what becomes of this\n",
	    tree, run->now, run->now);
	if ((r = gv_buf_check(&run->ref)) == 0 &&
	    (r = gv_buf_check(&text)) == 0 &&
	    (r = gv_probe_hold_open(&run->hold, run->repo,
		 run->ref.p + strlen(GV_REFS_PROBES))) == 0)
		r = gv_loose_write(
		    &run->oid, run->repo, GV_OTYPE_COMMIT, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* There, seen, and away. */
static int
try(struct run *run)
{
	static const struct gv_oid none;
	struct gv_probe *out = run->out;
	int r = prepare(run);

	if (r == 0)
		r = push(run, run->ref.p, &run->oid, &none);
	if (r <= 0)
		return r;
	out->is_taken = true;
	if ((r = list(run)) == 0)
		out->is_shown = gv_refs_find(&run->refs, run->ref.p) != NULL;
	/* whatever that came to, nothing is to stay there */
	if (r == 0 || r == GV_ERROR)
		r = push(run, run->ref.p, &none, &run->oid);
	out->is_gone = r == 1;
	return r < 0 ? r : 0;
}

int
gv_probe_run(
    struct gv_probe *out, struct gv_repo *repo, const char *remote, int64_t now)
{
	struct run run = { .out = out,
		.repo = repo,
		.remote = remote,
		.now = now,
		.ref = GV_BUF_INIT,
		.hold = GV_PROBE_HOLD_INIT };
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_remote_ref_open(&run.map, &repo->config, remote, strlen(remote));
	if (r < 0 || (r = list(&run)) < 0)
		goto out;
	if (out->is_reached && (r = sweep(&run)) != 0)
		goto out;
	if (out->is_reached)
		r = try(&run);
out:
	gv_probe_hold_close(&run.hold);
	gv_refs_release(&run.refs);
	gv_buf_release(&run.ref);
	gv_remote_ref_release(&run.map);
	return r < 0 ? r : 0;
}

void
gv_probe_release(struct gv_probe *probe)
{
	if (probe == NULL)
		return;
	free(probe->agent);
	free(probe->why);
	free(probe->in_the_way);
	memset(probe, 0, sizeof(*probe));
}
