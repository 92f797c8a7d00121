#ifndef GV_RECEIPT_TIME_H
#define GV_RECEIPT_TIME_H
/*
 * By when snapshots were surely taken: when a server had them, by receipts that
 * are signed by a key which this clone believes (vault.receiptSigner) and that
 * are of the very commit. Of unsigned ones nothing is taken.
 *
 *	r = gv_receipt_times(&times, repo, &records, &damaged);
 *	if (times && times[i] < records.records[i].time) its clock was ahead
 *	free(times);
 */

#include <stdint.h>

struct gv_buf;
struct gv_records;
struct gv_repo;

#define GV_RECEIPT_NEVER INT64_MAX /* no receipt */

/* Find them of all records, in their order: of each the earliest, be it of a
 * remote or of this repository where it is a server. *out is NULL where no key
 * is believed; else the caller frees it. What is damaged counts as none, and is
 * named in a line of `damaged`. 0; GV_EREFUSED for an invalid key; or a
 * failure. */
int gv_receipt_times(int64_t **out, struct gv_repo *repo,
    const struct gv_records *records, struct gv_buf *damaged);

#endif
