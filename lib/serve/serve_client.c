#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "serve/serve_http.h"
#include "sys/clock.h"

#define SECOND  1000000000LL
#define SLOWEST 65536 /* bytes a second that a client is to take or give */
#define LEAST   ((uint64_t)4 << 20) /* that one of the states may have */
#define BODIES  4                   /* of the largest size, at once */

/* ---- clients ---- */

void
gv_serve_client_hurry(struct gv_serve *s, struct gv_serve_client *c,
    long long since, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	c->until = since + s->opts.timeout * SECOND +
	    (long long)(bytes / SLOWEST) * SECOND;
	pthread_mutex_unlock(&s->lock);
}

void
gv_serve_client_wait(struct gv_serve *s, struct gv_serve_client *c)
{
	pthread_mutex_lock(&s->lock);
	c->until = 0;
	pthread_mutex_unlock(&s->lock);
}

void
gv_serve_client_know(struct gv_serve *s, struct gv_serve_client *c)
{
	pthread_mutex_lock(&s->lock);
	c->is_known = true;
	pthread_mutex_unlock(&s->lock);
}

bool
gv_serve_client_is_gone(const struct gv_serve_client *c)
{
	struct pollfd end = { .fd = c->fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0 &&
	    end.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* Where there are too many the oldest goes that has not shown yet that it may
 * ask: whoever only connects, or sends a request byte by byte, keeps nobody
 * out. The lock is held. */
static void
make_place(struct gv_serve *s)
{
	struct gv_serve_client *c, *oldest = NULL;
	unsigned ending = 0;

	for (c = s->clients; c; c = c->next) {
		ending += c->is_ended;
		if (!c->is_known && !c->is_ended)
			oldest = c;
	}
	if (oldest == NULL ||
	    s->n_clients - ending < GV_SERVE_CLIENTS - GV_SERVE_RESERVED)
		return;
	oldest->is_ended = true;
	(void)shutdown(oldest->fd, SHUT_RDWR);
}

static void
welcome(struct gv_serve *s, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = s->http.get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct gv_serve_client *c = calloc(1, sizeof(*c));

	if (c == NULL || info == NULL) {
		free(c);
		return;
	}
	c->fd = info->connect_fd;
	c->until = gv_clock_tick() + s->opts.timeout * SECOND;
	pthread_mutex_lock(&s->lock);
	make_place(s);
	s->n_clients++;
	c->next = s->clients;
	c->at = &s->clients;
	if (c->next)
		c->next->at = &c->next;
	s->clients = c;
	pthread_mutex_unlock(&s->lock);
	*context = c;
}

static void
part(struct gv_serve *s, struct gv_serve_client *c)
{
	pthread_mutex_lock(&s->lock);
	s->n_clients--;
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	pthread_mutex_unlock(&s->lock);
	free(c);
}

/* Its descriptor is open as long as it is in the list. */
void
gv_serve_client_notify(void *cls, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		welcome(cls, connection, context);
	else if (*context)
		part(cls, *context);
}

/* Cut off a slow client: its thread sees that the connection has ended. */
void
gv_serve_client_sweep(struct gv_serve *s)
{
	const long long now = gv_clock_tick();
	struct gv_serve_client *c;

	pthread_mutex_lock(&s->lock);
	for (c = s->clients; c; c = c->next)
		if (c->until && c->until < now)
			(void)shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

/* ---- room ---- */

uint64_t
gv_serve_client_room(const struct gv_serve *s)
{
	return BODIES * (s->opts.max_body > LEAST ? s->opts.max_body : LEAST);
}

uint64_t
gv_serve_client_take(struct gv_serve *s, uint64_t bytes)
{
	const uint64_t all = gv_serve_client_room(s);

	if (bytes > all)
		bytes = all;
	pthread_mutex_lock(&s->lock);
	while (s->room < bytes)
		pthread_cond_wait(&s->changed, &s->lock);
	s->room -= bytes;
	pthread_mutex_unlock(&s->lock);
	return bytes;
}

void
gv_serve_client_give(struct gv_serve *s, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	s->room += bytes;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}
