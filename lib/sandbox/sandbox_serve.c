#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/file.h"

static int
send(struct gv_buf *out)
{
	int r = gv_buf_check(out);

	if (r == 0 && gv_file_write_all(STDOUT_FILENO, out->p, out->len) < 0)
		r = gv_err_sys("cannot answer");
	gv_buf_reset(out);
	return r;
}

static int
send_text(char kind, const char *text)
{
	struct gv_sandbox_wire w = GV_SANDBOX_WIRE_INIT;
	struct gv_buf out = GV_BUF_INIT;
	int r;

	gv_sandbox_wire_begin(&w, kind);
	gv_sandbox_wire_add_text(&w, text);
	if ((r = gv_sandbox_wire_end(&out, &w)) == 0)
		r = send(&out);
	gv_sandbox_wire_release(&w);
	gv_buf_release(&out);
	return r;
}

static int
read_place(struct gv_sandbox_place *p)
{
	struct gv_sandbox_wire w = GV_SANDBOX_WIRE_INIT;
	int r = gv_sandbox_wire_read(&w, STDIN_FILENO);
	size_t len;

	if (r > 0 && w.kind == 'H') {
		p->least =
		    (enum gv_sandbox_level)gv_sandbox_wire_take_number(&w);
		p->most =
		    (enum gv_sandbox_level)gv_sandbox_wire_take_number(&w);
		p->network = gv_sandbox_wire_take_number(&w) != 0;
		p->space = gv_sandbox_wire_take_number(&w);
		p->dir = strdup(gv_sandbox_wire_take(&w, &len));
		p->binds = calloc(w.bytes.len / 5 + 1, sizeof(*p->binds));
		while (p->binds && !gv_sandbox_wire_is_over(&w))
			p->binds[p->n_binds++] =
			    strdup(gv_sandbox_wire_take(&w, &len));
	}
	r = r < 0 ? r
	    : r == 0 || w.kind != 'H' || w.is_bad
	    ? gv_err(GV_ECORRUPT, "the first request is not one")
	    : p->dir == NULL || p->binds == NULL ? gv_err_nomem()
						 : 0;
	gv_sandbox_wire_release(&w);
	return r;
}

/* A directory of the caller, with the work area and the home in it. */
static int
use_dir(struct gv_sandbox_place *p)
{
	struct gv_buf area = GV_BUF_INIT, home = GV_BUF_INIT;
	int r;

	if (*p->dir != '/')
		return gv_err(GV_EREFUSED,
		    "there is no place for a sandbox without namespaces");
	gv_buf_addf(&area, "%s/work", p->dir);
	gv_buf_addf(&home, "%s/home", p->dir);
	if ((r = gv_buf_check(&area)) == 0 && (r = gv_buf_check(&home)) == 0 &&
	    ((mkdir(area.p, 0700) < 0 || mkdir(home.p, 0700) < 0)))
		r = gv_err_sys("cannot make %s", area.p);
	if (r == 0) {
		p->work = open(area.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->work < 0)
			r = gv_err_sys("cannot open %s", area.p);
	}
	if (r == 0) {
		p->area = p->own_area = gv_buf_take(&area);
		p->home = p->own_home = gv_buf_take(&home);
	}
	gv_buf_release(&area);
	gv_buf_release(&home);
	return r;
}

/* No namespaces inside: what is known of their faults needs one. */
static int
forbid_spaces(void)
{
	static const char path[] = "/proc/sys/user/max_user_namespaces";
	int fd = open(path, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0 || gv_file_write_all(fd, "0", 1) < 0)
		r = gv_err_sys("namespaces inside cannot be forbidden");
	gv_file_close(fd);
	return r;
}

static void
note(struct gv_sandbox_place *p)
{
	(void)snprintf(p->why, sizeof(p->why), "%s", gv_err_message());
}

/* The walls within the level that was entered: the second and the fourth are
 * the first and the third with Landlock. */
static int
build(struct gv_sandbox_place *p)
{
	const bool in_spaces = p->level >= GV_SANDBOX_SPACES;

	if (in_spaces && p->most >= GV_SANDBOX_FULL) {
		if (forbid_spaces() == 0)
			p->level = GV_SANDBOX_FULL;
		else
			note(p);
	}
	if (!in_spaces)
		p->level = p->most >= GV_SANDBOX_LANDLOCK ? GV_SANDBOX_LANDLOCK
							  : GV_SANDBOX_DIR;
	if (p->level % 2 == 0 && gv_sandbox_wall_landlock(p) < 0) {
		note(p);
		p->level--;
	}
	return gv_sandbox_wall_close(p);
}

static int
answer(const struct gv_sandbox_place *p)
{
	struct gv_sandbox_wire w = GV_SANDBOX_WIRE_INIT;
	struct gv_buf out = GV_BUF_INIT;
	int r;

	gv_sandbox_wire_begin(&w, 'S');
	gv_sandbox_wire_add_number(&w, (uint64_t)p->level);
	gv_sandbox_wire_add_number(&w, p->uid);
	gv_sandbox_wire_add_text(&w, p->why);
	if ((r = gv_sandbox_wire_end(&out, &w)) == 0)
		r = send(&out);
	while (r == 0 && (r = gv_sandbox_wire_read(&w, STDIN_FILENO)) > 0) {
		switch (w.kind) {
		case 'D':
		case 'F':
		case 'L':
			r = gv_sandbox_unpack(p, &w, STDIN_FILENO);
			break;
		case 'K':
			r = send_text('K', "");
			break;
		case 'J':
			if ((r = gv_sandbox_job_run(&out, p, &w)) == 0)
				r = send(&out);
			break;
		default:
			r = gv_err(GV_ECORRUPT, "a request is unknown");
		}
	}
	gv_sandbox_wire_release(&w);
	gv_buf_release(&out);
	return r;
}

static int
live(struct gv_sandbox_place *p)
{
	int r = 0;

	umask(022);
	gv_sandbox_space_adopt();
	if (p->level >= GV_SANDBOX_SPACES) {
		r = gv_sandbox_root_make(p);
		p->has_no_root = r < 0;
	} else {
		r = use_dir(p);
	}
	if (r < 0 || (r = build(p)) < 0)
		return r;
	if (p->level < p->least)
		return gv_err(GV_EREFUSED,
		    "only a sandbox of level %d can be had here, and level %d "
		    "is asked for: %s",
		    (int)p->level, (int)p->least, p->why);
	return answer(p);
}

/* The pipes stay, of which nothing inside gets any. */
static void
close_others(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
	(void)fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC);
	(void)fcntl(STDOUT_FILENO, F_SETFD, FD_CLOEXEC);
	(void)fcntl(STDERR_FILENO, F_SETFD, FD_CLOEXEC);
}

static void
release(struct gv_sandbox_place *p)
{
	size_t i;

	for (i = 0; i < p->n_binds; i++)
		free(p->binds[i]);
	free(p->binds);
	free(p->dir);
	free(p->own_area);
	free(p->own_home);
	gv_file_close(p->work);
}

int
gv_sandbox_serve(void)
{
	struct gv_sandbox_place p = { .level = GV_SANDBOX_DIR, .work = -1 };
	int status = 0, r;

	close_others();
	if ((r = read_place(&p)) == 0 &&
	    (r = gv_sandbox_space_leave_root(&p)) == 0 &&
	    p.most >= GV_SANDBOX_SPACES) {
		if ((r = gv_sandbox_space_enter(&status, &p)) == 0)
			p.level = GV_SANDBOX_SPACES;
		else if (r == GV_EREFUSED)
			r = 0;
	}
	/* 1: another process has served inside, and ended */
	if (r == 0)
		r = live(&p);
	if (r < 0 && p.has_no_root && p.least < GV_SANDBOX_SPACES) {
		status = GV_SANDBOX_NO_ROOT;
	} else if (r < 0) {
		(void)send_text('X', gv_err_message());
		status = 1;
	}
	release(&p);
	return status;
}
