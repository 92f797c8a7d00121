#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err_command.h"

/* defined for the analyzer only */
#undef gv_err
#undef gv_err_in
#undef gv_err_sys
#undef gv_err_nomem

/* Fixed, so that reporting a failure can never fail for want of memory. */
#define GV_ERR_MAX 4096

static _Thread_local char message[GV_ERR_MAX];

const char *
gv_err_name(int code)
{
	static const char *const names[] = {
		[-GV_ERROR] = "error",
		[-GV_ENOTFOUND] = "not_found",
		[-GV_EEXISTS] = "exists",
		[-GV_ELOCKED] = "locked",
		[-GV_ECORRUPT] = "corrupt",
		[-GV_EREFUSED] = "refused",
		[-GV_ENOKEY] = "no_key",
		[-GV_ECANCELED] = "canceled",
		[-GV_ENOMEM] = "no_memory",
		[-GV_EUSAGE] = "usage",
	};

	return code < 0 && code >= GV_EUSAGE ? names[-code] : "error";
}

int
gv_err(int code, const char *fmt, ...)
{
	char next[GV_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	gv_err_command_note(fmt, ap);
	va_end(ap);
	/* through a second buffer: an argument may be the old message */
	va_start(ap, fmt);
	vsnprintf(next, sizeof(next), fmt, ap);
	va_end(ap);
	memcpy(message, next, sizeof(message));
	return code;
}

int
gv_err_sys(const char *fmt, ...)
{
	int saved = errno;
	char next[GV_ERR_MAX];
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	gv_err_command_note(fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	vsnprintf(next, sizeof(next), fmt, ap);
	va_end(ap);
	n = strlen(next);
	snprintf(next + n, sizeof(next) - n, ": %s", strerror(saved));
	memcpy(message, next, sizeof(message));
	errno = saved;
	if (saved == ENOMEM || saved == EMFILE || saved == ENFILE)
		return GV_ENOMEM;
	return saved == ENOENT ? GV_ENOTFOUND : GV_ERROR;
}

int
gv_err_in(int code, const char *fmt, ...)
{
	char context[GV_ERR_MAX / 2];
	char tail[GV_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	gv_err_command_note(fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(tail, message, sizeof(tail));
	snprintf(message, sizeof(message), "%s: %.*s", context,
	    (int)(GV_ERR_MAX / 2 - 3), tail);
	return code;
}

int
gv_err_nomem(void)
{
	return gv_err(GV_ENOMEM, "out of memory");
}

const char *
gv_err_message(void)
{
	return message;
}

void
gv_err_set_message(const char *msg)
{
	snprintf(message, sizeof(message), "%s", msg ? msg : "");
}

char *
gv_err_save(void)
{
	return strdup(gv_err_message());
}

void
gv_err_restore(char *saved)
{
	gv_err_set_message(saved);
	free(saved);
}

int
gv_err_settle(int code, char *saved)
{
	if (code < 0)
		free(saved);
	else
		gv_err_restore(saved);
	return code;
}
