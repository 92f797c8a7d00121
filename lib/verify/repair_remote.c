#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"

/*
 * What a remote still has. It is asked for a few objects by name; then all that
 * it has is fetched at once; and where it cannot give all, since something is
 * damaged there, too, ref by ref, and object by object. git takes a fetch as a
 * whole or not at all.
 */

/* How many objects are asked for by name, one at a time, before all is fetched,
 * and how many where that failed. */
#define ASK_FIRST 16
#define ASK_MOST  1000

/* How many fetches are tried of refs by themselves: of a thousand, one that is
 * damaged takes twenty. */
#define FETCH_MOST 256

/* Fetch into the scratch what these refspecs or names of objects say, a line
 * each. 1, 0 where the remote does not give it: `why` is what git said; or
 * negative. Nothing is shared with our own repository, so that git asks for
 * what is damaged there too. */
static int
fetch(struct gv_repair_run *run, const struct gv_buf *lines, struct gv_buf *why)
{
	struct gv_buf include = GV_BUF_INIT;
	const char *argv[] = { "git", "-c", NULL, "fetch", "-q", "--no-tags",
		"--no-filter", "--no-auto-maintenance", "--no-write-fetch-head",
		"--no-recurse-submodules", "--stdin", "--", run->opts->remote,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_repair_scratch(run);

	gv_buf_addf(&include, "include.path=%s/config", run->repo->common_dir);
	argv[2] = include.p;
	if (r == 0 && (r = gv_buf_check(&include)) == 0 &&
	    (r = gv_buf_check(lines)) == 0 &&
	    (r = gv_repair_git(&p, run, argv, true, NULL, lines)) == 0)
		r = p.status == 0;
	gv_buf_reset(why);
	gv_buf_add(why, p.err.p, p.err.len);
	gv_proc_release(&p);
	gv_buf_release(&include);
	return r < 0 ? r : gv_buf_check(why) < 0 ? GV_ENOMEM : r;
}

/* A remote that cannot be asked is no reason to give up what was found. */
static void
warn(const struct gv_repair_run *run, const struct gv_buf *why, bool is_there)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "cannot fetch %sfrom the remote '%s': %.*s",
	    is_there ? "all at once " : "", run->opts->remote,
	    (int)strcspn(why->p, "\n"),
	    why->len ? why->p : "git does not say why");
	if (gv_buf_check(&text) == 0 && run->opts->warn)
		run->opts->warn(run->opts->ctx, text.p);
	gv_buf_release(&text);
}

/* Most servers give an object away whose name one has, a directory with all
 * that is in it. 1 where it came, 0 where the remote says that it has none,
 * GV_EREFUSED without a message where everything must be fetched to know. */
static int
ask(struct gv_repair_run *run, const struct gv_repair_item *item, unsigned most)
{
	struct gv_buf why = GV_BUF_INIT, line = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = GV_EREFUSED;

	/* a commit would bring all of its history, and so everything: it is
	 * asked for where everything does not come */
	if ((item->type != GV_OTYPE_COMMIT || run->is_unasked) &&
	    run->asked < most) {
		run->asked++;
		gv_oid_format(hex, &item->oid);
		gv_buf_addf(&line, "%s\n", hex);
		if ((r = fetch(run, &line, &why)) == 0 &&
		    (why.len == 0 || !strstr(why.p, "not our ref")))
			r = GV_EREFUSED;
	}
	gv_buf_release(&why);
	gv_buf_release(&line);
	return r;
}

/* ---- ref by ref ---- */

struct refs {
	struct gv_buf text; /* what git ls-remote printed, cut into names */
	const char **names;
	size_t n, cap;
	unsigned fetches;
};

/* The names of what the remote has. 1, 0 where it does not answer. */
static int
list_refs(struct refs *refs, struct gv_repair_run *run)
{
	const char *argv[] = { "git", "ls-remote", "-q", "--refs", "--",
		run->opts->remote, NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *line, *end, *name;
	int r = gv_repair_git(&p, run, argv, false, NULL, NULL);

	if (r == 0)
		r = p.status == 0;
	if (r == 1)
		gv_buf_add(&refs->text, p.out.p, p.out.len);
	gv_proc_release(&p);
	if (r == 1 && gv_buf_check(&refs->text) < 0)
		r = GV_ENOMEM;
	for (line = refs->text.p; r == 1 && refs->text.len && *line;
	     line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		name = strchr(line, '\t');
		if (name == NULL)
			continue;
		if (GV_GROW(refs->names, refs->n, refs->cap) < 0)
			r = GV_ENOMEM;
		else
			refs->names[refs->n++] = name + 1;
	}
	return r;
}

static int
fetch_halves(struct gv_repair_run *run, struct refs *refs, size_t at, size_t n);

/* Fetch these refs, by halves where they do not come together. 1 where all
 * came, 0 where not all. */
static int
fetch_refs(struct gv_repair_run *run, struct refs *refs, size_t at, size_t n)
{
	struct gv_buf in = GV_BUF_INIT, why = GV_BUF_INIT;
	size_t i;
	int r;

	if (n == 0 || refs->fetches++ >= FETCH_MOST)
		return n == 0;
	for (i = at; i < at + n; i++)
		gv_buf_addf(&in, "+%s:refs/theirs/%s\n", refs->names[i],
		    refs->names[i]);
	r = fetch(run, &in, &why);
	gv_buf_release(&in);
	gv_buf_release(&why);
	return r != 0 || n == 1 ? r : fetch_halves(run, refs, at, n);
}

static int
fetch_halves(struct gv_repair_run *run, struct refs *refs, size_t at, size_t n)
{
	int r = fetch_refs(run, refs, at, n / 2);

	if (r >= 0)
		r = fetch_refs(run, refs, at + n / 2, n - n / 2);
	return r < 0 ? r : 0;
}

/* All that it has, or what of it comes: 1, or 0 where it does not answer. */
static int
fetch_all(struct gv_repair_run *run)
{
	struct gv_buf why = GV_BUF_INIT, all = GV_BUF_INIT;
	struct refs refs = { .n = 0 };
	int r, s;

	run->tried |= GV_REPAIR_REMOTE;
	gv_buf_addstr(&all, "+refs/*:refs/theirs/*\n");
	r = fetch(run, &all, &why);
	run->is_unasked = r == 0;
	if (r == 0) {
		r = list_refs(&refs, run);
		if (r >= 0)
			warn(run, &why, r == 1);
		s = r == 1 ? fetch_halves(run, &refs, 0, refs.n) : 0;
		r = s < 0 ? s : r;
		/* who does not answer is not asked again */
		run->asked = r == 1 ? 0 : ASK_MOST;
	}
	free(refs.names);
	gv_buf_release(&refs.text);
	gv_buf_release(&why);
	gv_buf_release(&all);
	return r;
}

/* From the scratch, if it has come. */
static int
read_fetched(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r = gv_repair_look_again(run);

	return r < 0 ? r : gv_repair_read_from(run->other, obj, item);
}

int
gv_repair_from_remote(struct gv_repair_run *run, struct gv_object *obj,
    struct gv_repair_item *item)
{
	int r;

	if (run->opts->remote == NULL ||
	    ((run->tried & GV_REPAIR_REMOTE) && !run->is_unasked))
		return 0;
	item->source = "remote";
	item->detail = run->opts->remote;
	if (!(run->tried & GV_REPAIR_REMOTE)) {
		r = ask(run, item, ASK_FIRST);
		if (r == GV_EREFUSED)
			r = fetch_all(run);
		if (r == 1)
			r = read_fetched(run, obj, item);
		if (r != 0 || !run->is_unasked)
			return r;
	}
	item->is_unasked = run->asked >= ASK_MOST;
	r = ask(run, item, ASK_MOST);
	return r == 1 ? read_fetched(run, obj, item) : r == GV_EREFUSED ? 0 : r;
}
