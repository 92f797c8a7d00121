#include "diff_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "diff_stat.h"
#include "out.h"
#include "store/oid.h"
#include "sys/exec.h"

static size_t
count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* git leaves with 141 where its reader went away (a pager that was left), and
 * with 1 for differences where diff.trustExitCode makes it. */
static int
judge(int status)
{
	if (status == 0 || status == 1 || status == 141)
		return 0;
	return gv_err(GV_ERROR,
	    "git could not print the differences (exit status %d)", status);
}

int
gv_diff_out(struct gv_ctx *ctx, const struct gv_diff_out *d)
{
	enum { COLOR = 5, FRONT = 7, BACK = 3 };
	bool color = gv_out_hand_over(ctx->out);
	const char *front[FRONT] = { "git", "--no-pager", "diff",
		"--no-relative", "--ignore-submodules=none",
		color ? "--color" : "--no-color", d->form };
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];
	const char *back[BACK] = { from, to, "--" };
	size_t more = count(d->more), paths = count(d->paths);
	const char **argv =
		       calloc(FRONT + more + BACK + paths + 1, sizeof(*argv)),
		   **at = argv;
	int r, status = 0;

	if (argv == NULL)
		return gv_err_nomem();
	gv_oid_format(from, d->from);
	gv_oid_format(to, d->to);
	memcpy(at, front, sizeof(front));
	at += FRONT;
	if (more)
		memcpy(at, d->more, more * sizeof(*at));
	at += more;
	memcpy(at, back, sizeof(back));
	at += BACK;
	if (paths)
		memcpy(at, d->paths, paths * sizeof(*at));
	if (strcmp(d->form, "--stat") == 0 && gv_diff_stat_is_due(d->diff))
		r = gv_diff_stat_print(ctx->out, d->diff, argv, &argv[COLOR]);
	else
		r = gv_exec_wait(&status, argv);
	free(argv);
	return r < 0 ? r : judge(status);
}
