#include "good/approval_want.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * A line each, with tabs between: seconds since 1970, the id of the subject,
 * the environment, what it is for, the command.
 */
#define FILE_NAME "approvals-wanted"
#define MOST      100
#define MAX_BYTES ((size_t)256 * 1024)
#define WAIT_MS   1000
#define FIELDS    5

/* The fields of a line, cut where it stands; how many. */
static size_t
cut(char *fields[FIELDS], char *line)
{
	size_t n = 0;

	for (; n < FIELDS; n++) {
		fields[n] = line;
		line = strchr(line, '\t');
		if (line == NULL)
			return n + 1;
		*line++ = '\0';
	}
	return n + 1;
}

static int
take(struct gv_approval_wants *out, char *line, int64_t now)
{
	struct gv_approval_want w = { .time = 0 };
	char *fields[FIELDS] = { NULL }, *end;

	if (cut(fields, line) != FIELDS)
		return 0;
	w.time = strtoll(fields[0], &end, 10);
	if (end == fields[0] || *end || strlen(fields[1]) != GV_OID_HEX ||
	    gv_oid_parse(&w.subject, fields[1]) < 0 || w.time > now ||
	    w.time < 0 || now - w.time > GV_APPROVAL_WANT_LASTS ||
	    out->n == MOST)
		return 0;
	w.env = fields[2];
	w.what = fields[3];
	w.approve = fields[4];
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = w;
	return 0;
}

int
gv_approval_want_read(
    struct gv_approval_wants *out, const char *text, size_t len, int64_t now)
{
	char *p, *next;
	int r = 0;

	*out = (struct gv_approval_wants){ .arena = GV_ARENA_INIT };
	if (len == 0 || memchr(text, '\0', len))
		return 0;
	if ((p = gv_arena_copy(&out->arena, text, len)) == NULL)
		return GV_ENOMEM;
	for (; r == 0 && *p; p = next) {
		next = strchr(p, '\n');
		if (next == NULL)
			break;
		*next++ = '\0';
		r = take(out, p, now);
	}
	return r;
}

static int
path_of(struct gv_buf *out, const struct gv_repo *repo, const char *behind)
{
	gv_buf_addf(out, "%s/vault/" FILE_NAME "%s", repo->common_dir, behind);
	return gv_buf_check(out);
}

int
gv_approval_want_load(
    struct gv_approval_wants *out, const struct gv_repo *repo, int64_t now)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	*out = (struct gv_approval_wants){ .arena = GV_ARENA_INIT };
	if ((r = path_of(&path, repo, "")) == 0 &&
	    gv_file_exists(AT_FDCWD, path.p) &&
	    (r = gv_file_read(&text, AT_FDCWD, path.p, MAX_BYTES)) == 0)
		r = gv_approval_want_read(out, text.p, text.len, now);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* A field has no tab and no line end. */
static void
add_field(struct gv_buf *out, const char *text)
{
	gv_buf_addch(out, '\t');
	for (; *text; text++)
		gv_buf_addch(out, (unsigned char)*text < ' ' ? '?' : *text);
}

static void
add_line(struct gv_buf *out, const struct gv_approval_want *w)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &w->subject);
	gv_buf_addf(out, "%" PRId64 "\t%s", w->time, hex);
	add_field(out, w->env);
	add_field(out, w->what);
	add_field(out, w->approve);
	gv_buf_addch(out, '\n');
}

/* Write the list without a subject, and with `want` behind it (or NULL), which
 * keeps the time of its first refusal. */
static int
write_list(const struct gv_repo *repo, const struct gv_oid *subject,
    const struct gv_approval_want *want, int64_t now)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_approval_wants list;
	struct gv_approval_want own = { .time = now };
	size_t i;
	int r = gv_approval_want_load(&list, repo, now);

	if (want)
		own = *want;
	for (i = 0; r == 0 && i < list.n; i++)
		if (!gv_oid_equal(&list.items[i].subject, subject))
			add_line(&text, &list.items[i]);
		else
			own.time = list.items[i].time;
	if (want)
		add_line(&text, &own);
	if (r == 0 && (r = gv_buf_check(&text)) == 0 &&
	    (r = path_of(&path, repo, "")) == 0 && (want || list.n))
		r = gv_file_replace(AT_FDCWD, path.p, text.len ? text.p : "",
		    text.len, 0600, false);
	gv_approval_want_release(&list);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static void
change(const struct gv_repo *repo, const struct gv_oid *subject,
    const struct gv_approval_want *want, int64_t now)
{
	struct gv_buf path = GV_BUF_INIT, lock = GV_BUF_INIT;
	char *before = gv_err_save();
	int fd = -1;

	if (path_of(&path, repo, "") == 0 &&
	    path_of(&lock, repo, "-lock") == 0 &&
	    (want || gv_file_exists(AT_FDCWD, path.p)) &&
	    gv_lock_open(&fd, lock.p, WAIT_MS) == 0)
		(void)write_list(repo, subject, want, now);
	gv_lock_close(fd);
	gv_buf_release(&path);
	gv_buf_release(&lock);
	gv_err_restore(before);
}

void
gv_approval_want_note(
    const struct gv_repo *repo, const struct gv_approval_want *want)
{
	change(repo, &want->subject, want, want->time);
}

void
gv_approval_want_end(
    const struct gv_repo *repo, const struct gv_oid *subject, int64_t now)
{
	change(repo, subject, NULL, now);
}

void
gv_approval_want_release(struct gv_approval_wants *list)
{
	if (list == NULL)
		return;
	free(list->items);
	gv_arena_release(&list->arena);
	memset(list, 0, sizeof(*list));
}
