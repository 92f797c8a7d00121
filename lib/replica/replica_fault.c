#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "replica/replica_internal.h"

int
gv_replica_fault(struct gv_replica_faults *faults, const char *kind,
    const char *host, const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	char *copy = NULL;
	va_list ap;
	int r;

	if (faults->n == GV_REPLICA_FAULTS) {
		faults->more++;
		return 0;
	}
	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (host && (copy = strdup(host)) == NULL)
		r = gv_err_nomem();
	else if ((r = gv_buf_check(&text)) == 0)
		r = GV_GROW(faults->all, faults->n, faults->cap);
	if (r == 0)
		faults->all[faults->n++] = (struct gv_replica_fault){
			.kind = kind, .host = copy, .text = gv_buf_take(&text)
		};
	else
		free(copy);
	gv_buf_release(&text);
	return r;
}

bool
gv_replica_fault_is_grave(const struct gv_replica_fault *fault)
{
	return strcmp(fault->kind, "unchecked") != 0;
}

const struct gv_replica_fault *
gv_replica_faults_grave(const struct gv_replica_faults *faults)
{
	size_t i;

	for (i = 0; i < faults->n; i++)
		if (gv_replica_fault_is_grave(&faults->all[i]))
			return &faults->all[i];
	return NULL;
}

bool
gv_replica_faults_are_grave(const struct gv_replica_faults *faults)
{
	return gv_replica_faults_grave(faults) != NULL;
}

void
gv_replica_faults_release(struct gv_replica_faults *faults)
{
	size_t i;

	for (i = 0; i < faults->n; i++) {
		free(faults->all[i].host);
		free(faults->all[i].text);
	}
	free(faults->all);
	memset(faults, 0, sizeof(*faults));
}
