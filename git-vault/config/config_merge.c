#include "git-vault/config/config_merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "merge/merge.h"
#include "param/param_side.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/proc.h"

#define SIZE_MAX_BY_KEY ((size_t)16 * 1024 * 1024)
#define MARKER_MAX      200
#define NAMED_MAX       50 /* conflicts whose authors are looked for */

struct merge {
	struct gv_ctx *ctx;
	char **files;
	const char *path;
	struct gv_buf texts[GV_MERGE_SIDES];
	struct gv_merge_in in;
	/* the commit of each side, "" if it is not known */
	char commits[GV_MERGE_SIDES][41];
	size_t named;
	bool by_line;
};

static const char *const sides[] = { "base", "ours", "theirs" };

/* ---- who ----------------------------------------------------------------- */

/* What comes from a commit is printed by a terminal. */
static void
add_clean(struct gv_buf *out, const char *text)
{
	for (; *text; text++)
		gv_buf_addch(out,
		    (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static int
find_commit(struct merge *m, enum gv_merge_side side)
{
	const struct gv_buf *text = &m->texts[side];

	if (m->commits[side][0])
		return 0;
	return gv_param_side(
	    m->commits[side], m->ctx->repo, m->path, text->p, text->len);
}

static int
find_author(struct gv_param_author *out, struct merge *m,
    enum gv_merge_side side, const char *key, size_t line)
{
	const char *word = strrchr(key, '.');
	int r;

	memset(out, 0, sizeof(*out));
	if (m->named >= NAMED_MAX || (r = find_commit(m, side)) < 0)
		return m->named >= NAMED_MAX ? 0 : r;
	if (m->commits[side][0] == '\0')
		return 0;
	if (line)
		return gv_param_blame(out, m->ctx->repo, m->path,
		    (unsigned)line, m->commits[side]);
	return gv_param_removed(out, m->ctx->repo, m->path,
	    word ? word + 1 : key, m->commits[side]);
}

/* "ours: pool.max, by Ann in 1a2b3c4d" */
static int
label(void *ctx, struct gv_buf *out, enum gv_merge_side side, const char *key,
    size_t line)
{
	struct merge *m = ctx;
	struct gv_param_author author = { .commit = "" };
	int r = 0;

	if (side != GV_MERGE_BASE)
		r = find_author(&author, m, side, key, line);
	gv_buf_addf(out, "%s: ", sides[side]);
	add_clean(out, key);
	if (line == 0 && side != GV_MERGE_BASE)
		gv_buf_addstr(out, ", removed");
	if (author.commit[0]) {
		gv_buf_addstr(out, line ? ", by " : " by ");
		add_clean(out, author.name);
		gv_buf_addf(out, " in %.8s", author.commit);
	}
	m->named += side == GV_MERGE_THEIRS;
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- merging lines ------------------------------------------------------- */

/* As git does it without a driver: how many conflicts, or a failure. */
static int
merge_lines(struct merge *m, struct gv_buf *out)
{
	char marker[32];
	const char *const argv[] = { "git", "merge-file", "-p", "-q", marker,
		"-L", "ours", "-L", "base", "-L", "theirs", "--",
		m->files[GV_MERGE_OURS], m->files[GV_MERGE_BASE],
		m->files[GV_MERGE_THEIRS], NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r;

	snprintf(marker, sizeof(marker), "--marker-size=%zu", m->in.marker);
	r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && git.status > 127)
		r = gv_err(GV_ERROR, "cannot merge %s: %s", m->path,
		    gv_proc_why(&git));
	if (r == 0) {
		gv_buf_add(out, git.out.p, git.out.len);
		r = gv_buf_check(out);
	}
	r = r < 0 ? r : git.status;
	gv_proc_release(&git);
	return r;
}

static bool
is_binary(const struct merge *m)
{
	size_t i;

	for (i = 0; i < GV_MERGE_SIDES; i++)
		if (memchr(m->texts[i].p, '\0', m->texts[i].len))
			return true;
	return false;
}

/* As git has it: this side stays, and a person chooses. */
static int
keep_ours(struct merge *m, struct gv_buf *out)
{
	const struct gv_buf *ours = &m->texts[GV_MERGE_OURS];

	gv_out_warn(m->ctx->out,
	    "%s has bytes that are no text, so it is not merged; to take the "
	    "other side: git checkout --theirs -- %s",
	    m->path, m->path);
	gv_buf_add(out, ours->p, ours->len);
	return 1;
}

/* What cannot be merged by key is merged by lines; `why` is said. Where all
 * sides could be read, lines that fit must not give a file that says something
 * else: then a person has to look. */
static int
fall_back(struct merge *m, struct gv_buf *out, const char *why)
{
	int r, sound;

	m->by_line = true;
	if (is_binary(m))
		return keep_ours(m, out);
	if ((r = merge_lines(m, out)) < 0)
		return r;
	gv_out_say(m->ctx->out, "%s is merged line by line: %s", m->path, why);
	if (r > 0 || !gv_merge_knows(m->in.format))
		return r > 0;
	sound = gv_merge_is_sound(&m->in, out->p, out->len);
	if (sound == GV_EREFUSED)
		return 0;
	if (sound == 0)
		gv_out_warn(m->ctx->out,
		    "%s: its lines were merged without a conflict, but its "
		    "keys do not have the values of both sides; look at it, "
		    "then: git add -- %s",
		    m->path, m->path);
	return sound < 0 ? sound : !sound;
}

/* ---- running ------------------------------------------------------------- */

static int
read_sides(struct merge *m)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < GV_MERGE_SIDES; i++) {
		r = gv_file_read(
		    &m->texts[i], AT_FDCWD, m->files[i], GV_DOC_SIZE_MAX);
		m->in.sides[i] =
		    (struct gv_merge_text){ m->texts[i].p, m->texts[i].len };
	}
	return r;
}

/* Whether people here want to see the common version in conflicts. */
static int
read_style(struct merge *m)
{
	const char *const argv[] = { "git", "config", "merge.conflictstyle",
		NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	m->in.shows_base = r == 0 && strstr(git.out.p, "diff3") != NULL;
	gv_proc_release(&git);
	return r;
}

static bool
is_large(const struct merge *m)
{
	size_t i;

	for (i = 0; i < GV_MERGE_SIDES; i++)
		if (m->texts[i].len > SIZE_MAX_BY_KEY)
			return true;
	return false;
}

static void
print_json(struct merge *m, const struct gv_buf *keys)
{
	struct gv_json *j = m->ctx->json;
	const char *p = keys->p, *end = p + keys->len, *eol;

	gv_json_object(j, NULL);
	gv_json_path(j, "path", m->path, strlen(m->path));
	gv_json_string(j, "by", m->by_line ? "line" : "key");
	gv_json_array(j, "conflicts");
	for (; p < end && (eol = memchr(p, '\n', (size_t)(end - p)));
	     p = eol + 1)
		gv_json_path(j, NULL, p, (size_t)(eol - p));
	gv_json_end(j);
	gv_json_end(j);
}

/* The text of the result, and 1 for conflicts. */
static int
merge(struct merge *m, struct gv_buf *out)
{
	const struct gv_buf *ours = &m->texts[GV_MERGE_OURS];
	struct gv_merge_out merged = { .conflicts = 0 };
	char *why;
	int r;

	if (!gv_doc_format_of(&m->in.format, m->path, ours->p, ours->len) ||
	    !gv_merge_knows(m->in.format))
		m->in.format = GV_DOC_FORMAT_XML;
	if (is_large(m))
		r = gv_err(GV_EREFUSED, "it has more than 16 MiB");
	else
		r = gv_merge_keys(&merged, &m->in);
	if (r == GV_EREFUSED) {
		why = gv_err_save();
		r = fall_back(m, out, why ? why : "it cannot be read");
		if (m->ctx->json && r >= 0)
			print_json(m, &merged.keys);
		free(why);
	} else if (r == 0) {
		gv_buf_add(out, merged.text.p, merged.text.len);
		if (m->ctx->json)
			print_json(m, &merged.keys);
		else if (merged.conflicts)
			gv_out_say(m->ctx->out, "%s: in conflict:\n%.*s",
			    m->path, (int)merged.keys.len - 1, merged.keys.p);
		r = gv_buf_check(out);
		r = r < 0 ? r : merged.conflicts > 0;
	}
	gv_merge_release(&merged);
	return r;
}

static int
parse(struct merge *m, int argc, char **argv)
{
	char *end;
	unsigned long size = 7;

	m->files = argv;
	m->path = argc > 3 ? argv[3] : argv[GV_MERGE_OURS];
	if (argc > 4) {
		size = strtoul(argv[4], &end, 10);
		if (*end || size == 0 || size > MARKER_MAX)
			return gv_err(GV_EUSAGE,
			    "a marker has 1 to %d signs, not '%.32s'",
			    MARKER_MAX, argv[4]);
	}
	m->in.marker = size;
	m->in.label = label;
	m->in.ctx = m;
	return 0;
}

int
gv_config_merge(struct gv_ctx *ctx, int argc, char **argv)
{
	struct merge m = { .ctx = ctx,
		.texts = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT } };
	struct gv_buf out = GV_BUF_INIT;
	size_t i;
	int r, done;

	if ((r = parse(&m, argc, argv)) == 0 && (r = read_sides(&m)) == 0 &&
	    (r = read_style(&m)) == 0)
		r = merge(&m, &out);
	if (r >= 0 &&
	    (done = gv_file_write_over(
		 AT_FDCWD, argv[GV_MERGE_OURS], out.p, out.len, 0666)) < 0)
		r = done;
	for (i = 0; i < GV_MERGE_SIDES; i++)
		gv_buf_release(&m.texts[i]);
	gv_buf_release(&out);
	return r;
}
