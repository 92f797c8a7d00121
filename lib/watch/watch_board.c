#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"
#include "sys/session.h"
#include "watch/watch_internal.h"

#define MAGIC "git-vault-watch 3"
#define LIMIT ((size_t)16 * 1024 * 1024)
/* Another one that asks holds the lock for less. */
#define LOCK_MS 30

/* The board: fields with a NUL behind each. First MAGIC, process, its session's
 * number, start and host, begun, written, ms of processor, saves, questions,
 * hints; then for each project path, state, why, id, saved, changed, folders,
 * polled. */

int
gv_watch_file(struct gv_buf *out, const char *name)
{
	int r = gv_env_config_file(out, "git-vault/watch");

	if (r < 0)
		return gv_err(GV_ERROR,
		    "there is no home directory, so there is no place for "
		    "what watch knows; set HOME");
	if ((r = gv_buf_check(out)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, out->p, 0700);
	gv_buf_addf(out, "/%s", name);
	return r < 0 ? r : gv_buf_check(out);
}

/* ---- writing ------------------------------------------------------------- */

static void
add_text(struct gv_buf *out, const char *text)
{
	gv_buf_addstr(out, text ? text : "");
	gv_buf_addch(out, '\0');
}

static void
add_number(struct gv_buf *out, int64_t n)
{
	gv_buf_addf(out, "%" PRId64, n);
	gv_buf_addch(out, '\0');
}

static void
add_row(struct gv_buf *out, const struct gv_watch *w, size_t i)
{
	const struct gv_watched *p = &w->items[i];
	size_t polled, folders = gv_notice_count(w->notice, i, &polled);

	add_text(out, p->path);
	add_text(out, p->state);
	add_text(out, p->why);
	add_text(out, p->id);
	add_number(out, p->saved_at);
	add_number(out, p->changed_at);
	add_number(out, (int64_t)folders);
	add_number(out, (int64_t)polled);
}

void
gv_watch_write(const struct gv_watch *w)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	struct gv_session self = { .id = 0 };
	size_t i;

	(void)gv_session_of_process(&self, gv_self_pid());
	add_text(&text, MAGIC);
	add_number(&text, self.id);
	add_number(&text, (int64_t)self.start);
	add_text(&text, self.host);
	add_number(&text, w->since);
	add_number(&text, gv_clock_now().tv_sec);
	add_number(&text, gv_clock_cpu());
	add_number(&text, (int64_t)w->saves);
	add_number(&text, (int64_t)w->questions);
	add_number(&text, (int64_t)w->hints);
	for (i = 0; i < w->n; i++)
		if (w->items[i].is_listed)
			add_row(&text, w, i);
	if (gv_watch_file(&path, "board") == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&text);
	gv_buf_release(&path);
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
	const char *p, *end;
	bool failed;
};

static const char *
read_text(struct reader *r)
{
	const char *text = r->p;
	const char *nul =
	    r->p < r->end ? memchr(r->p, '\0', (size_t)(r->end - r->p)) : NULL;

	if (nul == NULL) {
		r->failed = true;
		return "";
	}
	r->p = nul + 1;
	return text;
}

static int64_t
read_number(struct reader *r)
{
	return strtoll(read_text(r), NULL, 10);
}

static int
read_rows(struct gv_watch_board *out, struct reader *r)
{
	struct gv_watch_row row;

	while (r->p < r->end && !r->failed) {
		row.path = read_text(r);
		row.state = read_text(r);
		row.why = read_text(r);
		row.id = read_text(r);
		row.saved = read_number(r);
		row.changed = read_number(r);
		row.folders = (uint64_t)read_number(r);
		row.polled = (uint64_t)read_number(r);
		if (GV_GROW(out->rows, out->n, out->cap) < 0)
			return GV_ENOMEM;
		out->rows[out->n++] = row;
	}
	return 0;
}

int
gv_watch_is_running(bool *is)
{
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1, r = gv_watch_file(&path, "lock");

	*is = false;
	if (r == 0 &&
	    (r = gv_lock_open(&lock, path.p, LOCK_MS)) == GV_ELOCKED) {
		*is = true;
		r = 0;
	}
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}

int
gv_watch_read_board(struct gv_watch_board *out, struct gv_session *session)
{
	struct gv_buf path = GV_BUF_INIT;
	struct reader rd;
	int r = gv_watch_file(&path, "board");

	memset(out, 0, sizeof(*out));
	memset(session, 0, sizeof(*session));
	out->text = (struct gv_buf)GV_BUF_INIT;
	if (r == 0)
		r = gv_file_read(&out->text, AT_FDCWD, path.p, LIMIT);
	gv_buf_release(&path);
	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	rd = (struct reader){ .p = out->text.p,
		.end = out->text.p + out->text.len };
	if (strcmp(read_text(&rd), MAGIC) != 0)
		return gv_err(GV_ECORRUPT,
		    "what watch wrote cannot be read; to write it again: git "
		    "vault watch stop && git vault watch start");
	out->pid = session->id = (long)read_number(&rd);
	session->start = (unsigned long long)read_number(&rd);
	strncpy(session->host, read_text(&rd), sizeof(session->host) - 1);
	out->since = read_number(&rd);
	out->time = read_number(&rd);
	out->cpu = (uint64_t)read_number(&rd);
	out->saves = (uint64_t)read_number(&rd);
	out->questions = (uint64_t)read_number(&rd);
	out->hints = (uint64_t)read_number(&rd);
	return read_rows(out, &rd);
}

/* A board that is read after that is of the running one, or of a later one. */
int
gv_watch_look_who(struct gv_watch_board *out, struct gv_session *session)
{
	bool is = false;
	const int asked = gv_watch_is_running(&is);
	const int r = gv_watch_read_board(out, session);

	out->is_running = is;
	return asked < 0 ? asked : r;
}

int
gv_watch_look(struct gv_watch_board *out)
{
	struct gv_session session;

	return gv_watch_look_who(out, &session);
}

void
gv_watch_board_release(struct gv_watch_board *board)
{
	free(board->rows);
	gv_buf_release(&board->text);
	memset(board, 0, sizeof(*board));
}
