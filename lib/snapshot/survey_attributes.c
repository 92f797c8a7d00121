#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "snapshot/survey_internal.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/workers.h"

/*
 * Git's index vouches for a blob, and a snapshot keeps the working tree's
 * bytes. The two are the same unless Git converts on the way, or did so when
 * the file was checked out, whatever the attributes say now. Line ends and
 * $Id$ change the size whenever they change anything, so the blob's size
 * tells; an encoding may not, and so may a filter if git knows of one, so such
 * files are read. Only a large-file filter's pointer is kept as it is.
 */

#define MAX_ATTRIBUTES ((size_t)16 * 1024 * 1024)

/* Fewer directories than this are not worth a thread. */
#define FEW 64

static const char attributes[] = ".gitattributes";

/* Whether a text may name a filter or an encoding. */
static bool
may_filter(const void *text, size_t len)
{
	return memmem(text, len, "filter", 6) ||
	    memmem(text, len, "encoding", 8) || memchr(text, '\0', len);
}

static bool
file_may_filter(const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	bool yes = gv_file_read(&text, AT_FDCWD, path, MAX_ATTRIBUTES) == 0 &&
	    may_filter(text.p, text.len);

	gv_buf_release(&text);
	return yes;
}

static bool
repo_may_filter(const struct gv_repo *repo)
{
	const char *set = gv_config_get(&repo->config, "core.attributesfile");
	struct gv_buf path = GV_BUF_INIT;
	bool yes = file_may_filter("/etc/gitattributes");

	if (set ? gv_env_expand(&path, set) == 0
		: gv_env_config_file(&path, "git/attributes") == 0)
		yes |= file_may_filter(path.p);
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/info/attributes", repo->common_dir);
	yes |= file_may_filter(path.p);
	gv_buf_release(&path);
	return yes;
}

/* The attribute files of git's index: it goes by them where they are not on
 * disk. */
static bool
index_may_filter(const struct gv_survey *s)
{
	const size_t n = sizeof(attributes) - 1;
	bool yes = false;
	size_t i;

	for (i = 0; i < s->index->n && !yes; i++) {
		const struct gv_index_entry *e = &s->index->entries[i];
		struct gv_object obj = { 0 };

		if (e->path_len < n ||
		    memcmp(e->path + e->path_len - n, attributes, n) != 0 ||
		    gv_odb_read_type(s->odb, &obj, &e->oid, GV_OTYPE_BLOB) < 0)
			continue;
		yes = may_filter(obj.data, obj.len);
		gv_object_release(&obj);
	}
	return yes;
}

/* The attribute files of the working tree. */
static bool
tree_may_filter(const struct gv_survey *s)
{
	struct gv_buf path = GV_BUF_INIT;
	bool yes = false;
	uint32_t i, j;

	for (i = 0; i < s->n_order && !yes; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(s->census, s->order[i]);

		for (j = 0; j < d->n && !yes; j++) {
			if (d->rows[j].name_len != sizeof(attributes) - 1 ||
			    memcmp(gv_census_name(d, &d->rows[j]), attributes,
				sizeof(attributes) - 1) != 0)
				continue;
			gv_buf_reset(&path);
			gv_buf_addf(&path, "%s/", s->repo->worktree);
			gv_census_path(
			    s->census, s->order[i], &d->rows[j], &path);
			yes = file_may_filter(path.p);
		}
	}
	gv_buf_release(&path);
	return yes;
}

bool
gv_survey_may_filter(const struct gv_survey *s)
{
	return repo_may_filter(s->repo) || index_may_filter(s) ||
	    tree_may_filter(s);
}

static int
each_by_index(struct gv_survey *s,
    int (*fn)(struct gv_survey *s, void *ctx, uint32_t dir, struct gv_row *row),
    void *ctx)
{
	uint32_t i, j;
	int r = 0;

	for (i = 0; r == 0 && i < s->n_order; i++) {
		struct gv_census_dir *d = gv_census_dir(s->census, s->order[i]);

		for (j = 0; r == 0 && d->own && j < d->n; j++)
			if (d->own[j].flags & GV_ROW_BY_INDEX)
				r = fn(s, ctx, s->order[i], &d->own[j]);
	}
	return r;
}

/* The manifest's line says whether a pointer stands for the file. */
static void
set_pointer(struct gv_row *row, bool is_pointer)
{
	if (!!(row->flags & GV_ROW_POINTER) == is_pointer)
		return;
	row->flags ^= GV_ROW_POINTER;
	row->flags |= GV_ROW_CHANGED;
}

static void
must_read(struct gv_row *row)
{
	set_pointer(row, false);
	row->flags &= ~(uint32_t)(GV_ROW_BY_INDEX | GV_ROW_MODE_OFF);
	row->flags |= GV_ROW_READ;
}

/* The size of the blob; false where the repository has lost it. */
static bool
blob_size(const struct gv_survey *s, const struct gv_row *row, size_t *size)
{
	enum gv_otype type;

	return gv_odb_read_header(s->odb, &type, size, &row->oid) == 0;
}

static void
compare_size(const struct gv_survey *s, struct gv_row *row)
{
	size_t size;

	if (!blob_size(s, row, &size) || size != row->size)
		must_read(row);
	else
		set_pointer(row, false);
}

struct sizing {
	struct gv_survey *survey;
	atomic_size_t next; /* in its order */
};

/* Directories are taken one by one: their rows are no other thread's. */
static int
compare_sizes(void *ctx, int thread)
{
	struct sizing *sizing = ctx;
	struct gv_survey *s = sizing->survey;
	size_t i;
	uint32_t j;

	(void)thread;
	while ((i = sizing->next++) < s->n_order) {
		struct gv_census_dir *d = gv_census_dir(s->census, s->order[i]);

		for (j = 0; d->own && j < d->n; j++)
			if (d->own[j].flags & GV_ROW_BY_INDEX)
				compare_size(s, &d->own[j]);
	}
	return 0;
}

static int
add_path(struct gv_survey *s, void *ctx, uint32_t dir, struct gv_row *row)
{
	struct gv_buf *paths = ctx;

	gv_census_path(s->census, dir, row, paths);
	gv_buf_addch(paths, '\0');
	return gv_buf_check(paths);
}

static bool
is_large_file_filter(const char *value)
{
	return strcmp(value, "lfs") == 0 || strcmp(value, "annex") == 0;
}

/* git's answers, three strings a path and attribute, in the order asked. */
struct asking {
	const char *p, *end;
	bool has_filter;
};

static const char *
next_value(struct asking *a)
{
	const char *value = "unspecified";
	int i;

	for (i = 0; i < 3 && a->p < a->end; i++) {
		value = a->p;
		a->p += strlen(a->p) + 1;
	}
	return value;
}

static bool
is_set(const char *value)
{
	return strcmp(value, "unspecified") != 0 && strcmp(value, "unset") != 0;
}

const char *
gv_survey_filter_of(size_t *len, const char *key)
{
	static const char *const ways[] = { ".clean", ".smudge", ".process" };
	const char *name = key + 7, *way = strrchr(key, '.');
	size_t i;

	if (strncmp(key, "filter.", 7) != 0 || way <= name ||
	    strncmp(name, "lfs.", 4) == 0 || strncmp(name, "annex.", 6) == 0)
		return NULL;
	*len = (size_t)(way - name);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(way, ways[i]) == 0)
			return name;
	return NULL;
}

/* Whether git knows a filter other than those for large files. It may have been
 * at work when a file was checked out, whatever the attributes say now, and its
 * blob may be as large as the file. */
static bool
has_filter(const struct gv_config *config)
{
	size_t i, len;

	for (i = 0; i < config->n; i++)
		if (gv_survey_filter_of(&len, config->entries[i].key))
			return true;
	return false;
}

static int
apply_answer(struct gv_survey *s, void *ctx, uint32_t dir, struct gv_row *row)
{
	struct asking *a = ctx;
	const char *filter = next_value(a), *encoding = next_value(a);
	size_t size;

	(void)dir;
	if (is_set(encoding)) {
		must_read(row);
	} else if (is_set(filter) && is_large_file_filter(filter)) {
		/* of the pointer's size, it may be the pointer or not */
		if (!blob_size(s, row, &size) || size == row->size)
			must_read(row);
		else
			set_pointer(row, true);
	} else if (a->has_filter) {
		must_read(row);
	} else {
		compare_size(s, row);
	}
	return 0;
}

static int
ask_git(struct gv_survey *s)
{
	const char *argv[] = { "git", "check-attr", "-z", "--stdin", "filter",
		"working-tree-encoding", NULL };
	struct gv_buf paths = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	struct asking a;
	int r;

	r = each_by_index(s, add_path, &paths);
	if (r < 0 || paths.len == 0)
		goto out;
	r = gv_survey_git(
	    &p, s->repo, &(struct gv_survey_git){ .argv = argv, .in = &paths });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "cannot ask git for attributes: %s", p.err.p);
	a = (struct asking){ p.out.p, p.out.p + p.out.len,
		has_filter(&s->repo->config) };
	if (r == 0)
		r = each_by_index(s, apply_answer, &a);
out:
	gv_proc_release(&p);
	gv_buf_release(&paths);
	return r;
}

static int
note_any(struct gv_survey *s, void *ctx, uint32_t dir, struct gv_row *row)
{
	(void)s;
	(void)dir;
	(void)row;
	*(bool *)ctx = true;
	return 0;
}

static int
read_it(struct gv_survey *s, void *ctx, uint32_t dir, struct gv_row *row)
{
	(void)s;
	(void)ctx;
	(void)dir;
	must_read(row);
	return 0;
}

int
gv_survey_attributes(struct gv_survey *s)
{
	bool any = false;
	int r;

	if (!gv_census_is_touched(s->census))
		return 0;
	each_by_index(s, note_any, &any);
	if (!any)
		return 0;
	if (gv_survey_may_filter(s)) {
		r = ask_git(s);
	} else if (has_filter(&s->repo->config)) {
		r = each_by_index(s, read_it, NULL);
	} else {
		r = gv_workers_run(s->n_order < FEW ? 1 : s->threads,
		    compare_sizes, &(struct sizing){ .survey = s });
	}
	/* what has to be read after all is found by a second look */
	return r < 0 ? r : gv_survey_rows(s);
}
