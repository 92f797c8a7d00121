#include "helper/age-talk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "crypto/secret.h"

static int
on_tell(void *ctx, const struct gv_plugin_question *q)
{
	(void)ctx;
	fprintf(stderr, "%s: %.*s\n", q->plugin, (int)q->len, q->text);
	return 0;
}

static int
on_confirm(void *ctx, const struct gv_plugin_question *q, bool *yes)
{
	*yes = true;
	return on_tell(ctx, q);
}

static int
on_ask(void *ctx, const struct gv_plugin_question *q, struct gv_secret *answer)
{
	const char *text = getenv("AGE_TOOL_ANSWER");

	on_tell(ctx, q);
	return text ? gv_secret_add(answer, text, strlen(text)) : GV_ECANCELED;
}

const struct gv_plugin_calls age_talk_calls = { on_tell, on_confirm, on_ask,
	NULL };

/* The program, with its two ends. */
struct program {
	pid_t pid;
	int in, out;
};

static int
start(struct program *prog, const char *name, enum gv_plugin_task task)
{
	char path[256];
	int to[2], from[2];

	snprintf(path, sizeof(path), GV_PLUGIN_PROGRAM "%s", name);
	if (pipe(to) < 0 || pipe(from) < 0)
		return gv_err_sys("cannot make pipes");
	prog->pid = fork();
	if (prog->pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		close(from[0]);
		execlp(path, path, gv_plugin_flag(task), (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	prog->in = to[1];
	prog->out = from[0];
	if (prog->pid < 0)
		return gv_err_sys("cannot start %s", path);
	return 0;
}

static int
write_all(struct gv_plugin *p, int fd)
{
	const struct gv_secret *out = gv_plugin_output(p);
	ssize_t n;

	while (out->len > 0) {
		n = write(fd, out->p, out->len);
		if (n < 0)
			return -1;
		gv_plugin_wrote(p, (size_t)n);
	}
	return 0;
}

static void
talk(struct gv_plugin *p, const struct program *prog)
{
	char bytes[4096];
	ssize_t n;

	while (!gv_plugin_is_done(p)) {
		/* where it is gone, gv_plugin_end() says so */
		if (write_all(p, prog->in) < 0)
			return;
		n = read(prog->out, bytes, sizeof(bytes));
		if (n <= 0 || gv_plugin_input(p, bytes, (size_t)n) < 0)
			return;
	}
}

int
age_talk(struct gv_plugin *p, const char *name, enum gv_plugin_task task)
{
	struct program prog;
	int r = gv_plugin_start(p);

	if (r < 0)
		return r;
	r = start(&prog, name, task);
	if (r < 0)
		return r;
	signal(SIGPIPE, SIG_IGN);
	talk(p, &prog);
	close(prog.in);
	close(prog.out);
	waitpid(prog.pid, NULL, 0);
	return gv_plugin_end(p);
}
