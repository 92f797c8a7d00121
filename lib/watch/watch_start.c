#include <fcntl.h>
#include <string.h>

#include "autosave/started.h"
#include "base/err.h"
#include "sys/clock.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/session.h"
#include "watch/watch_internal.h"
#include "watch/watch_unit.h"

#define PATIENCE 15000 /* ms until it runs, or has ended */
#define PAUSE    50

static int
wait_for_end(void)
{
	bool is = true;
	int i, r = 0;

	for (i = 0; r == 0 && i < PATIENCE / PAUSE; i++) {
		if ((r = gv_watch_is_running(&is)) < 0 || !is)
			break;
		gv_clock_sleep(PAUSE);
	}
	return r < 0 ? r : !is;
}

static int
end_running(void)
{
	struct gv_watch_board board;
	struct gv_session session;
	int r = gv_watch_look_who(&board, &session);

	if (r == 0 && board.is_running) {
		if (gv_session_signal(&session) < 0)
			r = gv_err_sys(
			    "cannot ask process %ld to end", session.id);
		else
			r = wait_for_end();
		if (r == 0)
			r = gv_err(GV_ERROR,
			    "process %ld of git vault watch does not end; "
			    "perhaps a save takes long: try again",
			    session.id);
	}
	gv_watch_board_release(&board);
	return r;
}

/* It runs once it has written its board. */
static int
wait_for_board(const char *path)
{
	int i;

	for (i = 0; i < PATIENCE / PAUSE; i++) {
		if (gv_file_exists(AT_FDCWD, path))
			return 1;
		gv_clock_sleep(PAUSE);
	}
	return 0;
}

/* One that the service has started ends by the same signal. */
int
gv_watch_stop(void)
{
	const int forgot = gv_started_set(false);
	const int removed = forgot < 0 ? forgot : gv_watch_unit_remove();
	const int ended = removed < 0 ? removed : end_running();

	return ended < 0 ? ended : ended || removed;
}

int
gv_watch_start(struct gv_buf *unit, const char *const *argv, bool polls)
{
	struct gv_buf log = GV_BUF_INIT, board = GV_BUF_INIT;
	bool is;
	int r = gv_watch_is_running(&is);

	if (r == 0)
		r = gv_started_set(true);
	if (r < 0 || is)
		return r;
	if ((r = gv_watch_file(&log, "log")) == 0 &&
	    (r = gv_watch_file(&board, "board")) == 0 &&
	    (r = gv_file_remove_tree(AT_FDCWD, board.p)) == 0 &&
	    (r = gv_watch_unit_enable(unit, argv[0], polls)) == 0)
		r = gv_exec_detach(argv, log.p, NULL);
	if (r >= 0)
		r = wait_for_board(board.p);
	if (r == 0 && unit->len)
		r = gv_err(GV_ERROR,
		    "git vault watch did not start; systemd tries again; to "
		    "see why: journalctl --user -u git-vault-watch.service");
	else if (r == 0)
		r = gv_err(GV_ERROR,
		    "git vault watch did not start; its log is %s", log.p);
	gv_buf_release(&log);
	gv_buf_release(&board);
	return r;
}
