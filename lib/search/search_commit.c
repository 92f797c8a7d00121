#include "search/search_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "sys/proc.h"

/* What git prints, cut at each NUL:
 *
 *	SOH id, time, author, subject
 *	[LF] ":" modes, ids and the kind of a change, then its path; and so on
 */
struct reading {
	const char *p, *end;
};

static const char *
next(struct reading *in, size_t *len)
{
	const char *text = in->p;

	if (text >= in->end)
		return NULL;
	*len = strnlen(text, (size_t)(in->end - text));
	in->p = text + *len + 1;
	return text;
}

static int
bad(void)
{
	return gv_err(GV_ECORRUPT, "git log printed what cannot be read");
}

static int
keep(const char **out, struct gv_search *s, struct reading *in)
{
	size_t len;
	const char *text = next(in, &len);

	if (text == NULL)
		return bad();
	*out = gv_arena_copy(&s->arena, text, len);
	return *out ? 0 : GV_ENOMEM;
}

static int
read_commit(struct gv_search *s, const char *id, struct reading *in)
{
	struct gv_search_step step = { .time = 0 };
	const char *time;
	size_t len;
	int r;

	if (gv_oid_parse(&step.commit, id) < 0 ||
	    (time = next(in, &len)) == NULL)
		return bad();
	step.time = strtoll(time, NULL, 10);
	if ((r = keep(&step.author, s, in)) < 0 ||
	    (r = keep(&step.subject, s, in)) < 0)
		return r;
	s->commits++;
	return gv_search_add_step(s, &step);
}

/* ":100644 100755 OLD NEW M": a mode and an id of each parent, and those that
 * the file has now. Of a merge, which differs from all its parents, there is
 * one more ":" for each parent but the first. */
static int
read_change(
    struct gv_search *s, const char *text, size_t len, struct reading *in)
{
	const size_t parents = strspn(text, ":"), mode = 7;
	const size_t last = parents * (1 + mode);
	const size_t id = last + mode + parents * (GV_OID_HEX + 1);
	struct gv_oid oid;
	const char *path;
	bool was_file = false;
	size_t n, i;

	if (len < id + GV_OID_HEX || s->private->n_steps == 0 ||
	    gv_oid_parse(&oid, text + id) < 0 || (path = next(in, &n)) == NULL)
		return bad();
	/* a file, 100644 or 100755, and no link */
	if (strncmp(text + last, "100", 3) == 0)
		return gv_search_change(s, path, n, &oid);
	for (i = 0; i < parents; i++)
		was_file |= strncmp(text + parents + i * mode, "100", 3) == 0;
	return was_file ? gv_search_change(s, path, n, NULL) : 0;
}

static int
read_all(struct gv_search *s, const struct gv_buf *text)
{
	struct reading in = { text->p, text->p + text->len };
	const char *p;
	size_t len;
	int r = 0;

	while (r == 0 && (p = next(&in, &len)) != NULL) {
		if (len && *p == '\n') {
			p++;
			len--;
		}
		if (len == 0)
			continue;
		if (*p == '\001')
			r = read_commit(s, p + 1, &in);
		else if (*p == ':')
			r = read_change(s, p, len, &in);
		else
			r = bad();
	}
	return r;
}

static int
read_head(struct gv_oid *tree, int64_t *time)
{
	static const char *const argv[] = { "git", "show", "-s", "--no-notes",
		"--no-show-signature", "--format=%T %ct", "HEAD", "--", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int64_t when;
	int r;

	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "git cannot read HEAD: %s", gv_proc_why(&p));
	if (r < 0 || p.out.len < GV_OID_HEX + 2)
		goto out;
	when = strtoll(p.out.p + GV_OID_HEX, NULL, 10);
	if (when > *time && gv_oid_parse(tree, p.out.p) == 0)
		*time = when;
out:
	gv_proc_release(&p);
	return r;
}

/* Of a merge, only files are listed that differ from those of all parents: what
 * else it has is of one of them. */
int
gv_search_commits(struct gv_search *s, struct gv_oid *tree, int64_t *time)
{
	const bool has_head = !gv_oid_is_zero(&s->private->repo->head);
	const char *argv[] = { "git", "-c", "log.showRoot=true", "log", "-c",
		"--reverse", "--date-order", "--raw", "--no-renames",
		"--no-abbrev", "-z", "--no-show-signature", "--no-mailmap",
		"--no-notes", "--no-color", "--no-ext-diff", "--no-textconv",
		"--format=%x01%H%x00%ct%x00%an <%ae>%x00%s", "--branches",
		"--tags", "--remotes", has_head ? "HEAD" : "--branches", "--",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	r = gv_proc_run(
	    &p, &(struct gv_proc_opts){ .argv = argv, .env = gv_proc_listing });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(
		    GV_ERROR, "git cannot list commits: %s", gv_proc_why(&p));
		goto out;
	}
	r = read_all(s, &p.out);
out:
	gv_proc_release(&p);
	return r < 0 || !has_head ? r : read_head(tree, time);
}
