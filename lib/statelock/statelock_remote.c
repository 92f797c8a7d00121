#include "statelock/statelock_internal.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "remote/verify_remote.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* Where what was pushed can be read: a remote may have another address for
 * pushes, and that one has the locks. With several of them none would be the
 * one that decides. */
static int
read_side(const char **out, const struct gv_repo *repo, const char *remote)
{
	const struct gv_config *c = &repo->config;
	struct gv_buf key = GV_BUF_INIT;
	size_t i, urls = 0, push = 0, len = strlen(remote);
	int r;

	*out = remote;
	gv_buf_addf(&key, "remote.%s.", remote);
	r = gv_buf_check(&key);
	for (i = 0; r == 0 && i < c->n; i++) {
		if (strncmp(c->entries[i].key, key.p, len + 8) != 0)
			continue;
		if (strcmp(c->entries[i].key + len + 8, "url") == 0)
			urls++;
		if (strcmp(c->entries[i].key + len + 8, "pushurl") == 0) {
			push++;
			*out = c->entries[i].value;
		}
	}
	gv_buf_release(&key);
	if (r == 0 && (push > 1 || (push == 0 && urls > 1)))
		r = gv_err(GV_EREFUSED,
		    "the name '%s' has several push addresses, and none of "
		    "them alone can decide who holds a lock",
		    remote);
	return r;
}

int
gv_statelock_remote_ask(struct gv_refs *out, const struct gv_repo *repo,
    const char *remote, const char *ref)
{
	const char *argv[] = { "git", "-c", "core.askPass=", "ls-remote",
		"--refs", "--", NULL, NULL, NULL };
	struct gv_buf there = GV_BUF_INIT, lines = GV_BUF_INIT;
	struct gv_remote_ref map;
	struct gv_proc p = GV_PROC_INIT;
	char *text;
	int r = gv_remote_ref_open(&map, &repo->config, remote, strlen(remote));

	if (r == 0)
		r = gv_remote_ref_there(&there, &map, ref);
	argv[7] = there.p;
	if (r == 0 && (r = read_side(&argv[6], repo, remote)) == 0 &&
	    (r = gv_remote_run(&p, argv, &repo->config)) == 0 && p.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
	if (r < 0)
		r = gv_err_in(
		    r, "cannot ask the remote '%s' for its locks", remote);
	else
		r = gv_remote_ref_list(&lines, &map, p.out.p);
	text = r == 0 ? gv_buf_take(&lines) : NULL;
	if (r == 0)
		r = text ? gv_verify_remote_parse(out, text) : GV_ENOMEM;
	gv_proc_release(&p);
	gv_remote_ref_release(&map);
	gv_buf_release(&there);
	gv_buf_release(&lines);
	return r;
}

/* ---- push ---- */

/* What the line of a ref says, of --porcelain: a mark, the refs, and in words
 * what came of it. */
static int
judge_line(const char *remote, const char *line)
{
	const char *words = strrchr(line, '\t');

	words = words ? words + 1 : "";
	switch (*line) {
	case '*':
	case '+':
	case '-':
	case ' ':
		return 0;
	case '=': /* another one of us has put the same there */
		return gv_err(GV_EEXISTS, "it is there already");
	default:
		break;
	}
	if (strstr(words, "[remote failure]"))
		return gv_err(GV_ERROR,
		    "the remote '%s' did not report the result", remote);
	return gv_err(gv_remote_is_race(words) ? GV_EEXISTS : GV_EREFUSED,
	    "the remote '%s' refuses it: %s", remote, words);
}

static int
judge(struct gv_proc *p, const char *remote, const char *ref)
{
	struct gv_buf end = GV_BUF_INIT;
	char *line, *nl;
	bool is_it = false;
	int r;

	gv_buf_addf(&end, ":%s\t", ref);
	r = gv_buf_check(&end);
	for (line = p->out.p; r == 0 && !is_it && (nl = strchr(line, '\n'));
	     line = nl + 1) {
		*nl = '\0';
		is_it = line[0] && line[1] == '\t' && strstr(line, end.p);
		if (is_it)
			r = judge_line(remote, line);
		*nl = '\n';
	}
	/* without such a line, or where git has failed after a good one, the
	 * connection has ended before all was said */
	if (r == 0 && (!is_it || p->status))
		r = gv_err(GV_ERROR,
		    "cannot tell whether the remote '%s' accepted it: %s",
		    remote, gv_proc_why(p));
	gv_buf_release(&end);
	return r;
}

/* The ref is `there` on the remote. */
static int
push(const struct gv_statelock_work *w, const struct gv_remote_ref *map,
    const char *there, const struct gv_oid *to, const struct gv_oid *was)
{
	const char *words[] = { "--porcelain", "--no-verify",
		"--no-follow-tags", "--recurse-submodules=no", NULL, "--",
		w->remote, NULL, NULL };
	struct gv_buf lease = GV_BUF_INIT, spec = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, was);
	gv_buf_addf(&lease, "--force-with-lease=%s:%s", there,
	    gv_oid_is_zero(was) ? "" : hex);
	gv_oid_format(hex, to);
	gv_buf_addf(&spec, "%s:%s", gv_oid_is_zero(to) ? "" : hex, there);
	words[4] = lease.p;
	words[7] = spec.p;
	if ((r = gv_buf_check(&lease)) == 0 && (r = gv_buf_check(&spec)) == 0 &&
	    (r = gv_remote_push(&p, map, words, NULL, &w->repo->config)) == 0)
		r = judge(&p, w->remote, there);
	gv_proc_release(&p);
	gv_buf_release(&lease);
	gv_buf_release(&spec);
	return r;
}

int
gv_statelock_remote_push(const struct gv_statelock_work *w,
    const struct gv_oid *to, const struct gv_oid *was)
{
	struct gv_buf there = GV_BUF_INIT;
	struct gv_remote_ref map;
	int r = gv_remote_ref_open(
	    &map, &w->repo->config, w->remote, strlen(w->remote));

	if (r == 0 && (r = gv_remote_ref_there(&there, &map, w->ref.p)) == 0)
		r = push(w, &map, there.p, to, was);
	gv_remote_ref_release(&map);
	gv_buf_release(&there);
	return r < 0
	    ? gv_err_in(r, "the lock of %s/%s", w->at->env, w->at->stack)
	    : r;
}

/* ---- fetch ---- */

int
gv_statelock_remote_fetch(
    const struct gv_repo *repo, const char *remote, const char *const *refs)
{
	const char *from;
	int r = read_side(&from, repo, remote);

	return r < 0 ? r : gv_remote_ref_fetch(repo, remote, from, refs);
}
