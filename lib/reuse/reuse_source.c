#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "project/crew.h"
#include "infra/makeup.h"
#include "reuse/reuse_internal.h"
#include "search/sought.h"
#include "sys/proc.h"

/* No list of files, and no answer, is longer or takes longer. */
#define MOST_LIST  ((size_t)256 * 1024 * 1024)
#define TIMEOUT_MS (2 * 60 * 1000)

static void
add_unread(
    struct gv_reuse *r, const struct gv_reuse_project *p, const char *why)
{
	gv_buf_addf(&r->unread, "%s: %s\n", p->name, why);
}

/* Run git; 1 where it failed, with its reason at hand. */
static int
run(struct gv_proc *proc, struct gv_reuse *r, uint32_t project,
    const struct gv_proc_opts *opts)
{
	const struct gv_reuse_project *p = &r->projects[project];
	int result = gv_crew_git(proc, p->path, opts);

	if (result == GV_ECANCELED || result == GV_ENOMEM)
		return result;
	if (result < 0)
		add_unread(r, p, gv_err_message());
	else if (proc->status)
		add_unread(r, p, gv_proc_why(proc));
	return result < 0 || proc->status;
}

static int
run_list(struct gv_proc *proc, struct gv_reuse *r, uint32_t project,
    const char *const *argv)
{
	const struct gv_proc_opts opts = {
		.argv = argv, .timeout_ms = TIMEOUT_MS, .most = MOST_LIST
	};

	return run(proc, r, project, &opts);
}

/* What git prints, or nothing where it fails. */
static int
ask(struct gv_buf *out, struct gv_reuse *r, uint32_t project,
    const char *const *argv)
{
	struct gv_proc proc = GV_PROC_INIT;
	const struct gv_proc_opts opts = {
		.argv = argv, .timeout_ms = TIMEOUT_MS, .most = 4096
	};
	int result = gv_crew_git(&proc, r->projects[project].path, &opts);

	if (result == 0 && proc.status == 0)
		gv_buf_add(out, proc.out.p, proc.out.len);
	gv_proc_release(&proc);
	return result == GV_ECANCELED || result == GV_ENOMEM
	    ? result
	    : gv_buf_check(out);
}

/* ---- what there is ------------------------------------------------------- */

/* The newest snapshot of all files: lines of its ref, its time, and what it is
 * limited to. */
static int
take_newest(struct gv_reuse *r, struct gv_reuse_project *p, const char *text)
{
	struct gv_buf tree = GV_BUF_INIT;
	const char *end, *tab, *second;

	for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		tab = memchr(text, '\t', (size_t)(end - text));
		second =
		    tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
		if (second == NULL || second + 1 != end)
			continue;
		gv_buf_add(&tree, text, (size_t)(tab - text));
		gv_buf_addstr(&tree, ":tree");
		p->time = strtoll(tab + 1, NULL, 10);
		p->tree = gv_arena_copy(&r->arena, tree.p, tree.len);
		gv_buf_release(&tree);
		return p->tree ? 0 : GV_ENOMEM;
	}
	return 0;
}

/* HEAD, where there was a commit; else there is nothing. */
static int
find_head(struct gv_reuse *r, uint32_t project)
{
	static const char *const argv[] = { "git", "rev-parse", "-q",
		"--verify", "HEAD", NULL };
	struct gv_buf id = GV_BUF_INIT;
	int result = ask(&id, r, project, argv);

	if (id.len)
		r->projects[project].tree = "HEAD";
	gv_buf_release(&id);
	return result;
}

static int
find_tree(struct gv_reuse *r, uint32_t project)
{
	static const char format[] =
	    "--format=%(refname)%09%(committerdate:unix)%09"
	    "%(trailers:key=Vault-Only,valueonly,separator=%x20)";
	static const char *const argv[] = { "git", "for-each-ref",
		"--sort=-refname", "--count=100", format,
		"refs/vault/snapshots/", NULL };
	struct gv_reuse_project *p = &r->projects[project];
	struct gv_proc proc = GV_PROC_INIT;
	int result;

	result = run_list(&proc, r, project, argv);
	if (result == 0)
		result = take_newest(r, p, proc.out.p);
	if (result == 0 && p->tree == NULL)
		result = find_head(r, project);
	gv_proc_release(&proc);
	return result;
}

static bool
is_below(const char *path, const char *folder)
{
	const size_t n = folder ? strlen(folder) : 0;

	return n == 0 || (strncmp(path, folder, n) == 0 && path[n] == '/');
}

static bool
is_wanted(const char *path, uint64_t size, const char *folder)
{
	return is_below(path, folder) && size >= GV_REUSE_LEAST &&
	    size <= GV_REUSE_MOST && gv_print_is_source(path) &&
	    !gv_makeup_is_foreign(path, strlen(path));
}

/* "100644 blob ID SIZE" with blanks before the size, a TAB, the path. */
static int
take_file(struct gv_reuse *r, uint32_t project, const char *line)
{
	struct gv_reuse_file f = { .project = project };
	const char *tab = strchr(line, '\t'), *p = strstr(line, " blob ");

	if (tab == NULL || p == NULL || p > tab ||
	    strncmp(line, "100", 3) != 0 || tab - p < 6 + GV_OID_HEX ||
	    gv_oid_parse(&f.oid, p + 6) < 0)
		return 0;
	f.size = strtoull(p + 6 + GV_OID_HEX, NULL, 10);
	if (!is_wanted(tab + 1, f.size, r->projects[project].folder))
		return 0;
	f.path = gv_arena_copy(&r->arena, tab + 1, strlen(tab + 1));
	if (f.path == NULL || GV_GROW(r->files, r->n_files, r->cap_files) < 0)
		return gv_err_nomem();
	r->files[r->n_files++] = f;
	return 0;
}

static int
list(struct gv_reuse *r, uint32_t project)
{
	const char *argv[] = { "git", "ls-tree", "-r", "-l", "-z",
		"--full-tree", r->projects[project].tree, "--", NULL };
	struct gv_proc proc = GV_PROC_INIT;
	size_t at;
	int result;

	result = run_list(&proc, r, project, argv);
	for (at = 0; result == 0 && at < proc.out.len;
	     at += strlen(proc.out.p + at) + 1)
		result = take_file(r, project, proc.out.p + at);
	gv_proc_release(&proc);
	return result;
}

int
gv_reuse_list(struct gv_reuse *r)
{
	uint32_t i;
	int result;

	for (i = 0; i < r->n_projects; i++) {
		result = r->projects[i].tree ? 0 : find_tree(r, i);
		if (result == 0 && r->projects[i].tree)
			result = list(r, i);
		if (result < 0)
			return result;
	}
	return gv_buf_check(&r->unread);
}

/* ---- contents ------------------------------------------------------------ */

struct reading {
	const uint32_t *files;
	size_t n, next;
	gv_reuse_read_fn *fn;
	void *ctx;
	int r;
};

/* "ID blob SIZE", the content and a line's end; or "ID missing". How many bytes
 * were taken; 0: more must come first. */
static size_t
take_object(struct reading *in, const char *p, size_t len)
{
	const char *end = memchr(p, '\n', len);
	const size_t head = end ? (size_t)(end - p) + 1 : 0;
	const size_t kind = GV_OID_HEX + strlen(" blob ");
	uint64_t size;

	if (end == NULL)
		return 0;
	if (head <= kind || memcmp(p + GV_OID_HEX, " blob ", 6) != 0) {
		in->next++;
		return head;
	}
	size = strtoull(p + kind, NULL, 10);
	if (size > GV_REUSE_MOST) {
		in->r = gv_err(GV_ERROR, "git printed what was not asked for");
		return len;
	}
	if (len - head < size + 1)
		return 0;
	if (gv_sought_is_text(p + head, (size_t)size))
		in->r = in->fn(
		    in->ctx, in->files[in->next], p + head, (size_t)size);
	in->next++;
	return head + (size_t)size + 1;
}

static void
take_objects(void *ctx, struct gv_proc *p)
{
	struct reading *in = ctx;
	size_t at = 0, n = 1;

	while (in->r == 0 && in->next < in->n && at < p->out.len && n) {
		n = take_object(in, p->out.p + at, p->out.len - at);
		at += n;
	}
	if (in->r < 0 || in->next == in->n)
		at = p->out.len;
	if (at) {
		memmove(p->out.p, p->out.p + at, p->out.len - at);
		gv_buf_truncate(&p->out, p->out.len - at);
	}
}

int
gv_reuse_read(struct gv_reuse *r, uint32_t project, const uint32_t *files,
    size_t n, gv_reuse_read_fn *fn, void *ctx)
{
	static const char *const argv[] = { "git", "cat-file", "--batch",
		"--buffer", NULL };
	struct reading in = { .files = files, .n = n, .fn = fn, .ctx = ctx };
	struct gv_proc proc = GV_PROC_INIT;
	struct gv_buf ids = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int result;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++) {
		gv_oid_format(hex, &r->files[files[i]].oid);
		gv_buf_addf(&ids, "%s\n", hex);
	}
	if ((result = gv_buf_check(&ids)) == 0)
		result = run(&proc, r, project,
		    &(struct gv_proc_opts){ .argv = argv,
			.in = ids.p,
			.in_len = ids.len,
			.timeout_ms = 5 * TIMEOUT_MS,
			.told = take_objects,
			.ctx = &in });
	gv_proc_release(&proc);
	gv_buf_release(&ids);
	return in.r < 0 ? in.r : result < 0 ? result : 0;
}

/* ---- times --------------------------------------------------------------- */

static int
is_in_head(bool *out, struct gv_reuse *r, const struct gv_reuse_file *f)
{
	struct gv_buf spec = GV_BUF_INIT, id = GV_BUF_INIT;
	struct gv_oid oid;
	int result;

	gv_buf_addf(&spec, "HEAD:%s", f->path);
	if ((result = gv_buf_check(&spec)) == 0) {
		const char *argv[] = { "git", "rev-parse", "-q", "--verify",
			spec.p, NULL };

		result = ask(&id, r, f->project, argv);
	}
	*out = id.len >= GV_OID_HEX && gv_oid_parse(&oid, id.p) == 0 &&
	    gv_oid_equal(&oid, &f->oid);
	gv_buf_release(&spec);
	gv_buf_release(&id);
	return result;
}

int
gv_reuse_time(int64_t *out, struct gv_reuse *r, uint32_t file)
{
	const struct gv_reuse_file *f = &r->files[file];
	const struct gv_reuse_project *p = &r->projects[f->project];
	struct gv_buf text = GV_BUF_INIT, spec = GV_BUF_INIT;
	bool is_committed = true;
	int result = 0;

	*out = 0;
	if (p->time)
		result = is_in_head(&is_committed, r, f);
	if (result == 0 && !is_committed)
		*out = p->time;
	if (result < 0 || !is_committed)
		return result;
	gv_buf_addf(&spec, ":(top,literal)%s", f->path);
	if ((result = gv_buf_check(&spec)) == 0) {
		const char *argv[] = { "git", "log", "-1", "--format=%ct",
			"--no-show-signature", "HEAD", "--", spec.p, NULL };

		result = ask(&text, r, f->project, argv);
	}
	if (result == 0 && text.len)
		*out = strtoll(text.p, NULL, 10);
	gv_buf_release(&text);
	gv_buf_release(&spec);
	return result;
}
