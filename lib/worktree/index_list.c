#include "worktree/index_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "repo/repo.h"
#include "sys/proc.h"

/*
 * A split index is made of two files and a sparse one of directories, so git
 * reads these for us, in the same directory and environment in which it found
 * the repository. Stat data is not to be had this way.
 */

/* Whether git cannot read the index, or its other half. */
static bool
is_of_index(const struct gv_proc *p)
{
	return p->err.len &&
	    (strstr(p->err.p, "index file") || strstr(p->err.p, "index entry"));
}

static int
run_git(struct gv_proc *p, const struct gv_repo *repo, const char *const *argv)
{
	struct gv_buf file = GV_BUF_INIT;
	/* the user's pathspecs are not handled here */
	const char *env[] = { "GIT_OPTIONAL_LOCKS=0", "GIT_LITERAL_PATHSPECS=0",
		"LC_ALL=C", NULL, NULL };
	struct gv_proc_opts opts = { .argv = argv, .env = env };
	int r;

	gv_buf_addf(&file, "GIT_INDEX_FILE=%s", repo->index_file);
	env[3] = file.p;
	if ((r = gv_buf_check(&file)) == 0 &&
	    (r = gv_proc_run(p, &opts)) == 0 && p->status != 0)
		r = gv_err(is_of_index(p) ? GV_ECORRUPT : GV_ERROR,
		    "git %s failed: %.*s", argv[1],
		    (int)strcspn(p->err.p, "\n"), p->err.p);
	gv_buf_release(&file);
	return r;
}

static bool
read_mode(uint32_t *mode, const char **p)
{
	const char *s = *p;

	for (*mode = 0; *s >= '0' && *s <= '7' && s - *p < 6; s++)
		*mode = *mode << 3 | (uint32_t)(*s - '0');
	if (s - *p != 6 || *s != ' ')
		return false;
	*p = s + 1;
	return true;
}

/* One record, "TAG mode oid stage<TAB>path"; the tag is S where the file is
 * not in the working tree, and in lower case where it is assumed valid. */
static bool
read_record(struct gv_index_entry *e, const char *s, size_t len)
{
	if (len < 2 + 7 + GV_OID_HEX + 1 + 3 || s[1] != ' ')
		return false;
	if (s[0] == 'S' || s[0] == 's')
		e->flags |= GV_INDEX_SKIP_WORKTREE;
	if (s[0] >= 'a' && s[0] <= 'z')
		e->flags |= GV_INDEX_ASSUME_VALID;
	s += 2;
	if (!read_mode(&e->mode, &s) || gv_oid_parse(&e->oid, s) < 0 ||
	    s[GV_OID_HEX] != ' ')
		return false;
	s += GV_OID_HEX + 1;
	if (s[0] < '0' || s[0] > '3' || s[1] != '\t')
		return false;
	e->stage = (uint8_t)(s[0] - '0');
	e->path = s + 2;
	return true;
}

static int
read_records(struct gv_index *index, const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	size_t n = 0;
	int r;

	while (p < end && (p = memchr(p, '\0', (size_t)(end - p)))) {
		p++;
		n++;
	}
	r = gv_index_reserve(index, n);
	for (p = text; r == 0 && n > 0; n--) {
		struct gv_index_entry e = { .flags = GV_INDEX_NO_STAT };
		size_t record = strlen(p);

		if (!read_record(&e, p, record))
			return gv_err(GV_ERROR,
			    "git ls-files says '%s', which git vault cannot "
			    "read",
			    p);
		e.path_len = (uint32_t)(p + record - e.path);
		r = gv_index_append(index, &e);
		p += record + 1;
	}
	return r;
}

static bool
may_be_intent(const struct gv_index_entry *e)
{
	return e->stage == 0 && !(e->flags & GV_INDEX_SKIP_WORKTREE) &&
	    gv_oid_equal(&e->oid, &gv_oid_empty_blob);
}

/* `git add -N` leaves an entry with the empty blob's id, which ls-files does
 * not tell from an empty file. A comparison with the empty tree leaves such
 * entries out: what it does not name is one. */
static int
mark_intents(struct gv_index *index, const struct gv_repo *repo)
{
	const char *argv[] = { "git", "diff-index", "--cached", "-z",
		"--name-only", "--no-renames", "--ita-invisible-in-index", NULL,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_map names = GV_MAP_INIT;
	char tree[GV_OID_HEX + 1];
	size_t i, at;
	int r;

	gv_oid_format(tree, &gv_oid_empty_tree);
	argv[7] = tree;
	r = run_git(&p, repo, argv);
	for (at = 0; r == 0 && at < p.out.len; at += strlen(p.out.p + at) + 1)
		r = gv_map_put(
		    &names, p.out.p + at, strlen(p.out.p + at), p.out.p + at);
	for (i = 0; r == 0 && i < index->n; i++) {
		struct gv_index_entry *e = &index->entries[i];

		if (may_be_intent(e) &&
		    !gv_map_get(&names, e->path, e->path_len))
			e->flags |= GV_INDEX_INTENT_TO_ADD;
	}
	gv_map_release(&names);
	gv_proc_release(&p);
	return r;
}

int
gv_index_list(struct gv_index **out, const struct gv_repo *repo)
{
	/* ":/": all of it, whatever the current directory is */
	const char *argv[] = { "git", "ls-files", "--full-name", "--stage",
		"-v", "-z", "--", ":/", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_index *index = NULL;
	struct gv_index_owner *owner;
	size_t i, len;
	int r;

	if ((r = run_git(&p, repo, argv)) < 0)
		goto out;
	if ((r = gv_index_new(&index)) < 0)
		goto out;
	owner = index->owner;
	len = p.out.len;
	owner->text = gv_buf_take(&p.out);
	r = owner->text ? read_records(index, owner->text, len) : GV_ENOMEM;
	if (r < 0)
		goto out;
	for (i = 0; i < index->n; i++)
		if (may_be_intent(&index->entries[i]))
			break;
	if (i < index->n)
		r = mark_intents(index, repo);
out:
	gv_proc_release(&p);
	if (r < 0)
		gv_index_close(index);
	else
		*out = index;
	return r;
}
