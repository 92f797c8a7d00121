#include "git-vault/history/diff_places.h"

#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/place.h"
#include "git-vault/history/diff_specs.h"
#include "record/record_resolve.h"

/* Split SNAP:PATH. 1; 0 where the word is not of that form, or names a snapshot
 * as it is; GV_EUSAGE where the path leads out of the working tree. */
static int
split(struct gv_buf *snap, struct gv_buf *path, struct gv_ctx *ctx,
    const char *word)
{
	const char *inside = gv_place_path(word);
	struct gv_record rec = { 0 };
	struct gv_oid commit;
	int r;

	if (inside == NULL)
		return 0;
	r = gv_record_resolve(&rec, ctx->repo,
	    &(struct gv_record_query){
		.text = word, .deleted = true, .commit = &commit });
	gv_record_release(&rec);
	if (r >= 0)
		return 0;
	gv_buf_add(snap, word, (size_t)(inside - word) - 1);
	if ((r = gv_place_joint(path, ctx, inside)) < 0 ||
	    (r = gv_buf_check(snap)) < 0)
		return r;
	return 1;
}

/* A file of a snapshot, or of the working tree, as the shell gives it. */
static void
add_file(struct gv_buf *line, const char *word, bool with_secrets)
{
	if (gv_place_path(word)) {
		gv_buf_addf(line, " <(git vault cat%s",
		    with_secrets ? " --secrets" : "");
		gv_shell_word(line, word);
		gv_buf_addch(line, ')');
	} else {
		gv_shell_word(line, word);
	}
}

static int
refuse_two(const struct gv_diff_places *p, const char *other, char *const *argv)
{
	struct gv_buf hint = GV_BUF_INIT;

	gv_buf_addstr(&hint, "diff");
	add_file(&hint, argv[0], p->with_secrets);
	add_file(&hint, argv[1], p->with_secrets);
	gv_err(GV_EUSAGE,
	    "'diff' compares one path of two snapshots, and '%s' and '%s' are "
	    "two; to compare the two files: %s",
	    p->path.p, other, gv_buf_check(&hint) < 0 ? "" : hint.p);
	gv_buf_release(&hint);
	return GV_EUSAGE;
}

/* The path once more, behind SNAP:PATH: a file of the working tree. */
static int
check_rest(const struct gv_diff_places *p, struct gv_ctx *ctx, int argc,
    char *const *argv)
{
	struct gv_buf path = GV_BUF_INIT;
	int i, r = 0;

	for (i = p->n; r == 0 && i < argc; i++) {
		gv_buf_reset(&path);
		if ((r = gv_place_from_top(&path, ctx->repo, argv[i])) == 0 &&
		    strcmp(path.p, p->path.p) != 0)
			r = i == 1 ? refuse_two(p, path.p, argv)
				   : gv_err(GV_EUSAGE,
					 "'diff' takes no other paths behind "
					 "SNAP:PATH; leave out '%s'",
					 argv[i]);
	}
	gv_buf_release(&path);
	return r;
}

static int
make_spec(struct gv_diff_places *p)
{
	if (p->path.len) {
		gv_buf_addf(&p->spec, "%s%s", GV_DIFF_SPECS_ONLY, p->path.p);
		p->list[0] = p->spec.p;
	}
	p->paths = p->list;
	return gv_buf_check(&p->spec);
}

int
gv_diff_places_read(
    struct gv_diff_places *p, struct gv_ctx *ctx, int argc, char *const *argv)
{
	struct gv_buf second = GV_BUF_INIT;
	int first = 0, r = 0;

	if (argc > 0)
		first = r = split(&p->snaps[0], &p->path, ctx, argv[0]);
	if (r < 0 || argc == 0)
		goto out;
	p->n = 1;
	if (argc > 1)
		r = split(&p->snaps[1], &second, ctx, argv[1]);
	if (r < 0 || (first == 0 && (argc == 1 || r == 0)))
		goto out;
	p->n += argc > 1 && r > 0;
	if (first == 0) {
		/* SNAP SNAP:PATH */
		gv_buf_addstr(&p->snaps[0], argv[0]);
		gv_buf_addstr(&p->path, second.len ? second.p : "");
	} else if (p->n == 2 &&
	    strcmp(p->path.len ? p->path.p : "", second.len ? second.p : "") !=
		0) {
		r = refuse_two(p, second.p, argv);
		goto out;
	}
	if ((r = gv_buf_check(&p->snaps[0])) < 0 ||
	    (r = gv_buf_check(&p->path)) < 0 ||
	    (r = check_rest(p, ctx, argc, argv)) < 0 || (r = make_spec(p)) < 0)
		goto out;
	r = 1;
out:
	gv_buf_release(&second);
	return r;
}

void
gv_diff_places_release(struct gv_diff_places *p)
{
	gv_buf_release(&p->snaps[0]);
	gv_buf_release(&p->snaps[1]);
	gv_buf_release(&p->path);
	gv_buf_release(&p->spec);
}
