#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "drill/validator.h"

/*
 * Commands of the team that need servers: each gets its own, started beside it
 * in its sandbox and ended with it, so none sees what another has left. A
 * server's folder is private, and is where its socket is; there is no network.
 * One that does not come up is no verdict on the files: 126, "could not run".
 */

static const char script[] =
    "services=$(mktemp -d) && check=$1 && shift || exit 126\n"
    "export GIT_VAULT_SERVICES=\"$services\"\n"
    "pids=\n"
    "while test $# -gt 0\n"
    "do\n"
    "	GIT_VAULT_SERVICE=$services/$1\n"
    "	export GIT_VAULT_SERVICE\n"
    "	mkdir -m 700 \"$GIT_VAULT_SERVICE\" || exit 126\n"
    "	sh -c \"$2\" >\"$services/$1.log\" 2>&1 </dev/null &\n"
    "	pid=$! tries=0 pids=\"$pids $pid\"\n"
    "	until sh -c \"$3\" >/dev/null 2>&1 </dev/null\n"
    "	do\n"
    "		tries=$((tries + 1))\n"
    "		if ! kill -0 $pid 2>/dev/null\n"
    "		then\n"
    "			echo >&2 \"the server $1 ended before it was ready\"\n"
    "			exit 126\n"
    "		elif test $tries -ge 300\n"
    "		then\n"
    "			echo >&2 \"the server $1 was not ready in time\"\n"
    "			exit 126\n"
    "		fi\n"
    "		sleep 0.2\n"
    "	done\n"
    "	shift 3\n"
    "done\n"
    "unset GIT_VAULT_SERVICE\n"
    "sh -c \"$check\"\n"
    "status=$?\n"
    "kill $pids 2>/dev/null\n"
    "exit $status\n";

#define FRONT 5 /* sh -c SCRIPT sh CHECK */

static int
wrap(struct gv_validator_calls *calls, struct gv_validator_call *call,
    const struct gv_policy_drills *drills)
{
	const size_t n = FRONT + 3 * drills->n_services;
	const char **argv =
	    gv_arena_alloc(&calls->arena, (n + 1) * sizeof(*argv));
	size_t i, k = FRONT;

	if (argv == NULL)
		return GV_ENOMEM;
	argv[0] = argv[3] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[4] = call->argv[2];
	for (i = 0; i < drills->n_services; i++) {
		const struct gv_policy_drill_service *s = &drills->services[i];

		argv[k++] = s->name;
		argv[k++] = s->run;
		argv[k++] = s->ready;
	}
	argv[k] = NULL;
	call->argv = argv;
	return 0;
}

int
gv_validator_serve(struct gv_validator_calls *calls, size_t first,
    const struct gv_policy_drills *drills)
{
	size_t i;
	int r = 0;

	for (i = first; r == 0 && drills->n_services && i < calls->n; i++)
		r = wrap(calls, &calls->items[i], drills);
	return r;
}
