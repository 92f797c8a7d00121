#include "fold/fold.h"
#include "serve/serve_http.h"
#include "sys/exec.h"

/* So many may have come before it is looked again whether there are too many,
 * which takes as long as a small request. */
#define LOOK (GV_FOLD_PACKS / 2)

/* Whether it is time to look; nobody else does then, until it is known. */
static bool
claim(struct gv_serve *s)
{
	struct gv_serve_fold *f = &s->fold;
	bool is_mine;

	pthread_mutex_lock(&s->lock);
	is_mine = !f->is_busy && !atomic_load(&s->is_stopping) &&
	    atomic_load(&s->backend.packs) >= LOOK;
	f->is_busy |= is_mine;
	pthread_mutex_unlock(&s->lock);
	return is_mine;
}

static void
settle(struct gv_serve *s, pid_t pid)
{
	pthread_mutex_lock(&s->lock);
	s->fold.pid = pid;
	s->fold.is_busy = pid > 0;
	pthread_mutex_unlock(&s->lock);
}

/* In the backend, which is left. What fails is tried again, some packs later.
 */
static void
look(struct gv_serve *s)
{
	pid_t pid = 0;

	atomic_store(&s->backend.packs, 0);
	if (gv_fold_is_due(s->backend.repo))
		(void)gv_fold_start(s->backend.repo, &pid);
	pthread_mutex_unlock(&s->backend_lock);
	settle(s, pid);
}

void
gv_serve_fold_begin(struct gv_serve *s)
{
	/* whether there are too many from before nobody knows yet */
	atomic_store(&s->backend.packs, LOOK);
}

void
gv_serve_fold_look(struct gv_serve *s)
{
	if (!claim(s))
		return;
	pthread_mutex_lock(&s->backend_lock);
	look(s);
}

void
gv_serve_fold_tend(struct gv_serve *s)
{
	pid_t pid;

	pthread_mutex_lock(&s->lock);
	pid = s->fold.pid;
	pthread_mutex_unlock(&s->lock);
	if (pid && gv_exec_is_over(pid))
		settle(s, 0);
	/* what came meanwhile, and nobody came behind it */
	if (!claim(s))
		return;
	if (pthread_mutex_trylock(&s->backend_lock) == 0)
		look(s);
	else
		settle(s, 0);
}

/* What it had not ended, stands as it stood. */
void
gv_serve_fold_end(struct gv_serve *s)
{
	if (s->fold.pid)
		gv_exec_end(s->fold.pid);
	settle(s, 0);
}
