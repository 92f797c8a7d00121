#include "verify/repair_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * vault/damaged/ below the shared .git: damaged files by their own names, and
 * beside each NAME.txt, which says in words where it stood, and behind that of
 * each object that could not be read in it its name, a blank, and where it was
 * found, or LOST. Nothing else leads to such an object once the file is gone
 * from its place, so the next repair looks for it by that line, and says again
 * that it is lost, until somebody takes the note away.
 */
#define LOST     "lost"
#define NOTE     ".txt"
#define NOTE_MAX ((size_t)1 << 30)

int
gv_repair_second_name(const char *from, const char *to)
{
	if (gv_entry_link(AT_FDCWD, from, AT_FDCWD, to) == 0)
		return 0;
	return errno == EEXIST || errno == ENOENT
	    ? -errno
	    : gv_err_sys("cannot rename %s to %s", from, to);
}

static int
dir_of(struct gv_buf *out, const struct gv_repair_run *run)
{
	gv_buf_reset(out);
	gv_buf_addf(out, "%s/vault/damaged", run->repo->common_dir);
	return gv_buf_check(out);
}

/* A second name for a damaged file, set to `to`; nothing where there is no such
 * file. */
static int
keep(struct gv_repair_run *run, struct gv_buf *to, const char *path)
{
	const char *name = strrchr(path, '/');
	size_t len;
	int i, r = dir_of(to, run);

	if (r == 0)
		r = gv_file_mkdirs(AT_FDCWD, to->p, 0777);
	gv_buf_addf(to, "/%s", name ? name + 1 : path);
	len = to->len;
	for (i = 1; r == 0 && i < 1000; i++) {
		if ((r = gv_buf_check(to)) == 0)
			r = gv_repair_second_name(path, to->p);
		if (r != -EEXIST)
			break;
		gv_buf_truncate(to, len);
		gv_buf_addf(to, ".%d", i);
		r = 0;
	}
	if (r == -ENOENT) {
		gv_buf_reset(to);
		r = 0;
	}
	return r;
}

/* ---- why it lies there, for whoever finds it, and for the next repair ---- */

static const char *
where_found(const struct gv_repair_run *run, const struct gv_oid *oid)
{
	const struct gv_repair_item *item =
	    gv_map_get(&run->items, oid->id, GV_OID_RAW);

	return item == NULL ? "intact in another place"
	    : item->found   ? item->source
			    : LOST;
}

static int
write_note(const char *aside, struct gv_repair_run *run,
    const struct gv_repair_aside *what)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	gv_buf_addf(&text,
	    "This file is damaged; git vault repair put it aside.\n"
	    "It stood at %s.\n",
	    what->path);
	if (what->n_whole)
		gv_buf_addf(&text,
		    "%zu of its objects could be read and are in packs of "
		    "their own now.\n",
		    what->n_whole);
	gv_buf_addf(&text, "%zu could not be read:\n", what->n_damaged);
	for (i = 0; i < what->n_damaged; i++) {
		gv_oid_format(hex, &what->damaged[i]);
		gv_buf_addf(
		    &text, "%s %s\n", hex, where_found(run, &what->damaged[i]));
	}
	gv_buf_addf(&path, "%s" NOTE, aside);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* What stands aside is durable before the old name goes. */
static int
sync_dir(const struct gv_repair_run *run)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if ((r = dir_of(&dir, run)) < 0 ||
	    (r = gv_file_sync_dir(AT_FDCWD, dir.p)) < 0)
		goto out;
	/* it may have been made just now */
	r = gv_file_sync_parent(AT_FDCWD, dir.p);
out:
	gv_buf_release(&dir);
	return r;
}

int
gv_repair_aside(struct gv_buf *to, struct gv_repair_run *run,
    const struct gv_repair_aside *what)
{
	int r = keep(run, to, what->path);

	if (r == 0 && to->len && what->has_note)
		r = write_note(to->p, run, what);
	return r < 0 ? r : sync_dir(run);
}

/* ---- what an earlier repair could not find ---- */

/* Whether a line is of a lost object. */
static bool
is_lost(struct gv_oid *out, const char *line, const char *lf)
{
	const size_t len = GV_OID_HEX + sizeof(LOST);

	return (size_t)(lf - line) == len &&
	    memcmp(line + GV_OID_HEX, " " LOST, sizeof(LOST)) == 0 &&
	    gv_oid_parse(out, line) == 0;
}

/* Give each lost object of a note to fn, with what that wants to stand in the
 * place of LOST (or NULL); the new text to `out`. 0 or fn's failure. */
static int
each_lost(struct gv_buf *out, const struct gv_buf *text,
    int (*fn)(const char **said, void *ctx, const struct gv_oid *oid),
    void *ctx)
{
	const char *line = text->p, *lf, *said;
	struct gv_oid oid;
	int r = 0;

	for (; r == 0 && (lf = strchr(line, '\n')); line = lf + 1) {
		said = NULL;
		if (is_lost(&oid, line, lf))
			r = fn(&said, ctx, &oid);
		if (said)
			gv_buf_addf(out, "%.*s %s\n", GV_OID_HEX, line, said);
		else
			gv_buf_add(out, line, (size_t)(lf + 1 - line));
	}
	return r < 0 ? r : gv_buf_check(out);
}

struct seek {
	struct gv_repair_run *run;
	const char *note;
};

static int
add_sought(const char **said, void *ctx, const struct gv_oid *oid)
{
	struct seek *s = ctx;
	struct gv_repair_run *run = s->run;
	struct gv_repair_sought *sought;

	(void)said;
	if (GV_GROW(run->sought, run->n_sought, run->sought_cap) < 0)
		return GV_ENOMEM;
	sought = &run->sought[run->n_sought++];
	*sought = (struct gv_repair_sought){ .oid = *oid, .note = s->note };
	return 0;
}

static int
seek_note(struct gv_repair_run *run, const char *path, struct gv_buf *text)
{
	struct gv_buf same = GV_BUF_INIT;
	struct seek s = { .run = run };
	int r;

	s.note = gv_arena_copy(&run->arena, path, strlen(path));
	r = s.note ? each_lost(&same, text, add_sought, &s) : GV_ENOMEM;
	gv_buf_release(&same);
	return r;
}

/* What is not lost any more. */
static int
settle_object(const char **said, void *ctx, const struct gv_oid *oid)
{
	struct seek *s = ctx;
	const char *where = where_found(s->run, oid);

	if (strcmp(where, LOST) != 0)
		*said = where;
	return 0;
}

static int
settle_note(struct gv_repair_run *run, const char *path, struct gv_buf *text)
{
	struct gv_buf now = GV_BUF_INIT;
	struct seek s = { .run = run };
	int r = each_lost(&now, text, settle_object, &s);

	if (r == 0 &&
	    (now.len != text->len || memcmp(now.p, text->p, now.len) != 0))
		r = gv_file_replace(AT_FDCWD, path, now.p, now.len, 0666, true);
	gv_buf_release(&now);
	return r;
}

static bool
is_note(const struct gv_dir_name *name)
{
	const size_t n = sizeof(NOTE) - 1;

	return name->len > n && strcmp(name->name + name->len - n, NOTE) == 0;
}

static int
visit_note(struct gv_repair_run *run, const char *path,
    int (*fn)(struct gv_repair_run *run, const char *path, struct gv_buf *text))
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, NOTE_MAX);

	/* somebody has just removed it, or it is not of the vault */
	if (r == GV_ENOTFOUND || r == GV_EREFUSED)
		r = 0;
	else if (r == 0 && text.len && text.p[text.len - 1] == '\n')
		r = fn(run, path, &text);
	gv_buf_release(&text);
	return r;
}

static int
each_note(struct gv_repair_run *run,
    int (*fn)(struct gv_repair_run *run, const char *path, struct gv_buf *text))
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i, len;
	int r = dir_of(&path, run), fd = -1;

	if (r == 0)
		fd = gv_dir_open_root(path.p);
	if (r == 0 && fd < 0 && errno != ENOENT)
		r = gv_err_sys("cannot open %s", path.p);
	if (fd >= 0 && gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot list %s", path.p);
	len = path.len;
	for (i = 0; r == 0 && i < names.n; i++) {
		if (!is_note(&names.names[i]))
			continue;
		gv_buf_truncate(&path, len);
		gv_buf_addf(&path, "/%s", names.names[i].name);
		if ((r = gv_buf_check(&path)) == 0)
			r = visit_note(run, path.p, fn);
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

int
gv_repair_seek(struct gv_repair_run *run)
{
	return each_note(run, seek_note);
}

int
gv_repair_settle(struct gv_repair_run *run)
{
	return run->n_sought ? each_note(run, settle_note) : 0;
}
