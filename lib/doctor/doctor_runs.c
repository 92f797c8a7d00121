#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "doctor/doctor_internal.h"
#include "sys/dir.h"

/*
 * States that recoveries wrote in plaintext, for their tools to push: the
 * command that pushes one removes it, so what is there was not pushed, or
 * pushed otherwise. The vault has each of them encrypted.
 */

#define STATE ".tfstate"

static bool
is_state(const char *name)
{
	const size_t n = strlen(name), m = strlen(STATE);

	return n > m && strcmp(name + n - m, STATE) == 0;
}

/* Add those of one run to the command that removes them. */
static int
look_in(struct gv_buf *cmd, size_t *n, const char *dir)
{
	struct gv_dir_names in = { .n = 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = gv_doctor_list(&in, dir);

	for (i = 0; r == 0 && i < in.n; i++) {
		if (!is_state(in.names[i].name))
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/%s", dir, in.names[i].name);
		if ((r = gv_buf_check(&path)) == 0) {
			gv_shell_word(cmd, path.p);
			(*n)++;
		}
	}
	gv_buf_release(&path);
	gv_dir_names_release(&in);
	return r;
}

int
gv_doctor_runs(struct gv_doctor *d)
{
	struct gv_dir_names runs = { .n = 0 };
	struct gv_buf plans = GV_BUF_INIT, dir = GV_BUF_INIT, cmd = GV_BUF_INIT;
	size_t n = 0, i;
	int r;

	gv_buf_addf(&plans, "%s/plans", d->repo->vault_dir);
	gv_buf_addstr(&cmd, "rm");
	if ((r = gv_buf_check(&plans)) < 0 ||
	    (r = gv_doctor_list(&runs, plans.p)) < 0)
		goto out;
	for (i = 0; r == 0 && i < runs.n; i++) {
		gv_buf_reset(&dir);
		gv_buf_addf(&dir, "%s/%s", plans.p, runs.names[i].name);
		if ((r = gv_buf_check(&dir)) == 0)
			r = look_in(&cmd, &n, dir.p);
	}
	if (r == 0 && n && (r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "plain_states", cmd.p,
		    "%zu state%s that recoveries wrote for a push %s in "
		    "plaintext in %s; the vault has %s encrypted",
		    n, n == 1 ? "" : "s", n == 1 ? "is" : "are", plans.p,
		    n == 1 ? "it" : "them");
out:
	gv_dir_names_release(&runs);
	gv_buf_release(&plans);
	gv_buf_release(&dir);
	gv_buf_release(&cmd);
	return r;
}
