#include "fleet/fleet_lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "sys/file.h"

#define CHUNK (64 * 1024)

int
gv_fleet_lines_open(struct gv_fleet_lines *l, const char *file, size_t most)
{
	struct stat st;

	*l = (struct gv_fleet_lines){
		.line = GV_BUF_INIT, .name = file, .most = most
	};
	if ((l->chunk = malloc(CHUNK)) == NULL)
		return gv_err_nomem();
	if (strcmp(file, "-") == 0)
		return 0;
	return gv_file_open(&l->fd, &st, AT_FDCWD, file);
}

static int
fill(struct gv_fleet_lines *l)
{
	ssize_t n = gv_file_read_some(l->fd, l->chunk, CHUNK);

	if (n < 0)
		return gv_err_sys(
		    "cannot read %s behind line %zu", l->name, l->number);
	l->at = 0;
	l->n = (size_t)n;
	return n > 0;
}

int
gv_fleet_lines_next(struct gv_fleet_lines *l)
{
	const char *p, *nl;
	size_t n, room;
	bool has = false;
	int r;

	gv_buf_reset(&l->line);
	l->is_whole = true;
	for (;;) {
		if (l->at == l->n && (r = fill(l)) <= 0) {
			l->is_whole = false;
			l->number += has;
			return r < 0 ? r : has;
		}
		has = true;
		p = l->chunk + l->at;
		nl = memchr(p, '\n', l->n - l->at);
		n = nl ? (size_t)(nl - p) : l->n - l->at;
		room = l->most - l->line.len;
		l->is_whole &= n <= room;
		gv_buf_add(&l->line, p, n < room ? n : room);
		l->at += n + (nl != NULL);
		if (gv_buf_check(&l->line) < 0)
			return gv_err_nomem();
		if (nl == NULL)
			continue;
		l->number++;
		return 1;
	}
}

void
gv_fleet_lines_close(struct gv_fleet_lines *l)
{
	if (l->fd > 0)
		gv_file_close(l->fd);
	free(l->chunk);
	gv_buf_release(&l->line);
	memset(l, 0, sizeof(*l));
}
