#include "git-vault/front/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "git-vault/front/out.h"
#include "sys/clock.h"
#include "sys/tty.h"

#define SECOND        1000000000LL
#define EVERY         (SECOND / 10) /* on a terminal */
#define EVERY_IN_FILE SECOND
#define EACH          16384 /* bytes that take as long as opening a file */

struct gv_progress {
	bool on, terminal;
	long long delay;
	atomic_uint_fast64_t count, bytes, total, size;
	atomic_llong due; /* when to draw next */
	/* below: only with the lock */
	pthread_mutex_t lock;
	const char *title; /* NULL: nothing is under way */
	long long start;
	size_t width; /* of what stands on the terminal's line */
	bool shown;
};

int
gv_progress_new(struct gv_progress **out, int wanted, bool quiet)
{
	struct gv_progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return gv_err_nomem();
	pthread_mutex_init(&p->lock, NULL);
	p->terminal = gv_tty_is_ours(2);
	p->on = wanted < 0 ? p->terminal && !quiet : wanted && !quiet;
	p->delay = gv_tty_progress_delay() * SECOND;
	*out = p;
	return 0;
}

static void
write_err(const struct gv_buf *b)
{
	/* a line of progress that is lost is no loss */
	if (write(2, b->p, b->len) < 0)
		return;
}

static void
add_rate(struct gv_buf *b, uint64_t count, uint64_t bytes, double seconds)
{
	char size[GV_OUT_SIZE_MAX];

	if (bytes) {
		gv_out_size(size, bytes);
		gv_buf_addf(b, ", %s", size);
		gv_out_size(size, (uint64_t)((double)bytes / seconds));
		gv_buf_addf(b, " | %s/s", size);
	} else {
		gv_buf_addf(b, " | %.0f/s", (double)count / seconds);
	}
}

/* How much of it is done, from 0 to 1. Where the bytes are known, a thing takes
 * as long as its bytes and some more: small files and large ones both count. */
static double
part_of(const struct gv_progress *p, bool done)
{
	double count = (double)atomic_load(&p->count);
	double total = (double)atomic_load(&p->total);
	double bytes = (double)atomic_load(&p->bytes);
	double size = (double)atomic_load(&p->size);

	if (count >= total)
		return 1;
	if (done || size == 0)
		return count / total;
	if (bytes > size)
		bytes = size;
	return (count * EACH + bytes) / (total * EACH + size);
}

/* The line as it is to stand, without what ends it. */
static void
make_line(const struct gv_progress *p, struct gv_buf *b, bool done)
{
	uint64_t count = atomic_load(&p->count), bytes = atomic_load(&p->bytes);
	uint64_t total = atomic_load(&p->total);
	double seconds = (double)(gv_clock_tick() - p->start) / SECOND;
	double part = part_of(p, done);

	if (seconds < 0.001)
		seconds = 0.001;
	gv_buf_addf(b, "%s: ", p->title);
	/* a part of them may have needed nothing */
	if (total && !(done && count < total))
		gv_buf_addf(b, "%3u%% (%" PRIu64 "/%" PRIu64 ")",
		    (unsigned)(part * 100), count, total);
	else
		gv_buf_addf(b, "%" PRIu64, count);
	add_rate(b, count, bytes, seconds);
	if (done) {
		gv_buf_addf(b, ", done in %.1f s", seconds);
	} else if (total && part > 0 && part < 1) {
		double left = seconds / part * (1 - part);
		uint64_t s = left < 1e7 ? (uint64_t)left : 10000000;

		gv_buf_addf(
		    b, " | %" PRIu64 ":%02u left", s / 60, (unsigned)(s % 60));
	}
}

/* Called with the lock. */
static void
draw(struct gv_progress *p, bool done)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t room, width;

	if (p->terminal)
		gv_buf_addch(&line, '\r');
	make_line(p, &line, done);
	if (!p->terminal) {
		gv_buf_addch(&line, '\n');
		goto out;
	}
	/* a line that wraps could not be taken back */
	room = (size_t)gv_tty_columns(2) - 1;
	if (line.len > room + 1)
		gv_buf_truncate(
		    &line, 1 + gv_utf8_fit(line.p + 1, line.len - 1, room));
	width = line.len - 1;
	if (width < p->width)
		gv_buf_addf(&line, "%*s", (int)(p->width - width), "");
	p->width = width;
	if (done)
		gv_buf_addch(&line, '\n');
out:
	write_err(&line);
	gv_buf_release(&line);
	p->shown = true;
}

void
gv_progress_begin(struct gv_progress *p, const char *title, uint64_t total)
{
	gv_progress_end(p);
	if (!p->on)
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->count, 0);
	atomic_store(&p->bytes, 0);
	atomic_store(&p->total, total);
	atomic_store(&p->size, 0);
	p->start = gv_clock_tick();
	atomic_store(&p->due, p->start + p->delay);
	p->title = title;
	p->width = 0;
	p->shown = false;
	pthread_mutex_unlock(&p->lock);
}

void
gv_progress_total(struct gv_progress *p, uint64_t total)
{
	atomic_store(&p->total, total);
}

void
gv_progress_size(struct gv_progress *p, uint64_t bytes)
{
	atomic_store(&p->size, bytes);
}

void
gv_progress_add(struct gv_progress *p, uint64_t count, uint64_t bytes)
{
	long long now, due;

	if (!p->on)
		return;
	atomic_fetch_add_explicit(&p->count, count, memory_order_relaxed);
	atomic_fetch_add_explicit(&p->bytes, bytes, memory_order_relaxed);
	due = atomic_load_explicit(&p->due, memory_order_relaxed);
	now = gv_clock_tick();
	/* whoever moves the due time on draws; nobody waits for anybody */
	if (now < due ||
	    !atomic_compare_exchange_strong(
		&p->due, &due, now + (p->terminal ? EVERY : EVERY_IN_FILE)) ||
	    pthread_mutex_trylock(&p->lock) != 0)
		return;
	if (p->title)
		draw(p, false);
	pthread_mutex_unlock(&p->lock);
}

void
gv_progress_end(struct gv_progress *p)
{
	if (p == NULL || !p->on)
		return;
	pthread_mutex_lock(&p->lock);
	if (p->title && (p->shown || gv_clock_tick() - p->start >= p->delay))
		draw(p, true);
	p->title = NULL;
	p->shown = false;
	p->width = 0;
	pthread_mutex_unlock(&p->lock);
}

void
gv_progress_clear(struct gv_progress *p)
{
	struct gv_buf b = GV_BUF_INIT;

	if (p == NULL || !p->on || !p->terminal)
		return;
	pthread_mutex_lock(&p->lock);
	if (p->width) {
		gv_buf_addf(&b, "\r%*s\r", (int)p->width, "");
		write_err(&b);
		gv_buf_release(&b);
		p->width = 0;
	}
	pthread_mutex_unlock(&p->lock);
}

void
gv_progress_free(struct gv_progress *p)
{
	if (p == NULL)
		return;
	gv_progress_end(p);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
gv_progress_on_begin(void *progress, const char *title, uint64_t total)
{
	if (*title)
		gv_progress_begin(progress, title, total);
	else
		gv_progress_end(progress);
}

void
gv_progress_on_size(void *progress, uint64_t bytes)
{
	gv_progress_size(progress, bytes);
}

void
gv_progress_on_add(void *progress, uint64_t count, uint64_t bytes)
{
	gv_progress_add(progress, count, bytes);
}
