#include "sys/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/exec.h"
#include "sys/proc.h"
#include "sys/tty.h"

/* What git takes for the shell's. */
#define SHELL_CHARS "|&;<>()$`\\\"' \t\n*?[#~=%"

struct gv_pager {
	pid_t pid;
	int out, err; /* where 1 and 2 led before; -1: 2 was left alone */
};

const char *
gv_pager_choose(const char *configured, const char *core)
{
	const char *command = getenv("GIT_PAGER");

	if (command == NULL)
		command = configured;
	if (command == NULL)
		command = core;
	if (command == NULL)
		command = getenv("PAGER");
	if (command == NULL)
		command = "less";
	return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

/* As git does, a shell is asked only where one is needed: it starts in any
 * case, whether there is such a program or not. */
static int
spawn(struct gv_pager *p, const char *command, int in)
{
	const char *shell[] = { "sh", "-c", command, NULL };
	const char *plain[] = { command, NULL };
	bool is_plain = strpbrk(command, SHELL_CHARS) == NULL;
	const char *const *argv = is_plain ? plain : shell;
	posix_spawn_file_actions_t fa;
	int e;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	e = gv_exec_spawn(&p->pid, argv, &fa, NULL, NULL);
	/* a script without a first line that says whose */
	if (e == ENOEXEC)
		e = gv_exec_spawn(&p->pid, shell, &fa, NULL, NULL);
	posix_spawn_file_actions_destroy(&fa);
	if (e == 0)
		return 0;
	errno = e;
	return gv_err_sys("cannot run the pager '%s'", command);
}

int
gv_pager_open(struct gv_pager **out, const char *command)
{
	struct gv_pager *p = malloc(sizeof(*p));
	int ends[2] = { -1, -1 }, r;
	char columns[16];

	if (p == NULL)
		return gv_err_nomem();
	p->out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	p->err = isatty(2) ? fcntl(2, F_DUPFD_CLOEXEC, 3) : -1;
	if (p->out < 0 || gv_proc_pipe(ends) < 0) {
		r = gv_err_sys("cannot make a pipe for the pager");
		goto fail;
	}
	/* as git does, for a pipe tells nothing of the terminal behind it */
	snprintf(columns, sizeof(columns), "%d", gv_tty_columns(1));
	setenv("COLUMNS", columns, 0);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	r = spawn(p, command, ends[0]);
	if (r < 0)
		goto fail;
	/* git and its kind, run by us, are to colour as for the terminal */
	setenv("GIT_PAGER_IN_USE", "true", 1);
	dup2(ends[1], 1);
	if (p->err >= 0)
		dup2(ends[1], 2);
	close(ends[0]);
	close(ends[1]);
	*out = p;
	return 0;
fail:
	if (ends[0] >= 0) {
		close(ends[0]);
		close(ends[1]);
	}
	if (p->out >= 0)
		close(p->out);
	if (p->err >= 0)
		close(p->err);
	free(p);
	return r;
}

void
gv_pager_close(struct gv_pager *p)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int status;

	if (p == NULL)
		return;
	/* ^C is for the pager now, and it stays where it is */
	sigaction(SIGINT, &ignore, &old);
	/* the last writing ends of the pipe: now the pager sees its end */
	dup2(p->out, 1);
	close(p->out);
	if (p->err >= 0) {
		dup2(p->err, 2);
		close(p->err);
	}
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &old, NULL);
	free(p);
}
