#include "restore/restore_base_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "object/tree.h"
#include "sys/proc.h"
#include "sys/program.h"
#include "view/revealed.h"

#define FOLDER     "origin/working-copy"
#define TIMEOUT_MS (30 * 60 * 1000) /* of a checkout */
#define MAX_WORDS  16

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return gv_buf_check(ctx);
}

static int
read_oid(struct gv_buf *out, struct gv_restore_base *b, const char *path,
    const struct gv_oid *oid)
{
	const struct gv_revealed_file *file =
	    gv_revealed_find(b->given, path, strlen(path));
	struct gv_revealed_what what = { .file = file, .oid = *oid };
	struct gv_revealed_reader *reader = NULL;
	struct gv_revealed_left left = { 0 };
	int r;

	if (file == NULL)
		return gv_odb_stream(b->odb, oid, add_bytes, out);
	if ((r = gv_revealed_reader_new(&reader, b->odb, b->safe)) == 0)
		r = gv_revealed_stream(&left, reader, &what, add_bytes, out);
	if (r == 0 && left.sealed)
		r = gv_err(GV_ENOKEY,
		    "no key here opens what the snapshot has of %s",
		    strrchr(path, '/') + 1);
	if (r == 0 && left.damaged)
		r = gv_err(GV_ECORRUPT, "%s", left.reason);
	gv_revealed_reader_free(reader);
	return r;
}

int
gv_restore_base_read(
    struct gv_buf *out, struct gv_restore_base *b, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid oid;
	unsigned mode;
	int r;

	gv_buf_addf(&path, FOLDER "/%s", name);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = gv_tree_find(b->odb, &b->rec->meta, path.p, &mode, &oid)) == 0)
		r = read_oid(out, b, path.p, &oid);
	gv_buf_release(&path);
	return r;
}

int
gv_restore_base_each(struct gv_restore_base *b, const char *prefix,
    int (*fn)(void *ctx, const char *rest, const struct gv_buf *text),
    void *ctx)
{
	const size_t n = strlen(prefix);
	struct gv_buf path = GV_BUF_INIT, name = GV_BUF_INIT;
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	struct gv_oid oid;
	unsigned mode;
	int r = gv_tree_find(b->odb, &b->rec->meta, FOLDER, &mode, &oid);

	if (r == 0)
		r = gv_odb_read_type(b->odb, &obj, &oid, GV_OTYPE_TREE);
	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		struct gv_buf text = GV_BUF_INIT;

		if (e.name_len <= n || memcmp(e.name, prefix, n) != 0 ||
		    !gv_path_is_safe(e.name + n, e.name_len - n))
			continue;
		gv_buf_reset(&path);
		gv_buf_reset(&name);
		gv_buf_add(&name, e.name + n, e.name_len - n);
		gv_buf_addf(&path, FOLDER "/%s%s", prefix, name.p);
		if ((r = gv_buf_check(&path)) == 0 &&
		    (r = read_oid(&text, b, path.p, &e.oid)) == 0)
			r = fn(ctx, name.p, &text);
		gv_buf_release(&text);
		if (r != 0)
			break;
	}
	gv_object_release(&obj);
	gv_buf_release(&path);
	gv_buf_release(&name);
	return r;
}

/* With the settings of the user, who may have to show a certificate or a key;
 * but nobody is asked. */
int
gv_restore_base_ask(struct gv_buf *out, struct gv_restore_base *b,
    const char *cwd, const char *const *argv, const struct gv_buf *in)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "HGPLAIN=1",
		"GIT_DIR", "GIT_WORK_TREE", NULL };
	const char *words[MAX_WORDS] = { NULL }, *shut = b->repo->worktree;
	struct gv_buf program = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	size_t i;
	int r = gv_program_find(&program, argv[0], &shut, shut != NULL);

	for (i = 1; i < MAX_WORDS - 1 && argv[i]; i++)
		words[i] = argv[i];
	words[0] = program.p;
	if (r == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){ .argv = words,
			.cwd = cwd,
			.env = env,
			.in = in ? in->p : NULL,
			.in_len = in ? in->len : 0,
			.timeout_ms = TIMEOUT_MS,
			.is_apart = true });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "%s %s failed: %s", argv[0], argv[1],
		    gv_proc_why(&p));
	else if (r == 0)
		gv_buf_add(out, p.out.p, p.out.len);
	gv_proc_release(&p);
	gv_buf_release(&program);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_restore_base_tool(struct gv_restore_base *b, const char *cwd,
    const char *const *argv, const struct gv_buf *in)
{
	struct gv_buf out = GV_BUF_INIT;
	int r = gv_restore_base_ask(&out, b, cwd, argv, in);

	gv_buf_release(&out);
	return r;
}

int
gv_restore_base_miss(struct gv_restore_base *b, const char *what, int r)
{
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&b->told->missed, "%s: %s\n", what, gv_err_message());
	return gv_buf_check(&b->told->missed);
}
