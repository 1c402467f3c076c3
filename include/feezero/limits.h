/*
 * Every bound on size, count and time in one place, each with its reason. What a community may set
 * lower or higher is data; what is here is what the program is built for.
 */
#ifndef FEEZERO_LIMITS_H
#define FEEZERO_LIMITS_H

/* --- money (yen) ----------------------------------------------------------------------------- */
#define FZ_AMOUNT_MIN 1LL
#define FZ_AMOUNT_MAX 9999999999LL /* ten digits: what one Zengin data record can carry */
#define FZ_PAYMENT_MAX 1000000LL   /* one payment or person-to-person transfer */
#define FZ_WALLET_MAX 1000000LL    /* a wallet's balance; identity levels will lower it */

/* --- ledger ---------------------------------------------------------------------------------- */
#define FZ_BATCH_MAX 512      /* commands of one commit: bounds latency, and the arrays below */
#define FZ_COMMAND_LEGS_MAX 3 /* transfers of one command */
#define FZ_TRANSFERS_MAX (FZ_BATCH_MAX * FZ_COMMAND_LEGS_MAX)
#define FZ_MARKS_MAX (FZ_TRANSFERS_MAX * 2) /* at most one for each side of a transfer */
#define FZ_ACCOUNTS_MAX (FZ_BATCH_MAX * 4)  /* distinct accounts one batch can touch */
#define FZ_ORDER_BASE_MAX 1024              /* bytes of a kept signature base */
#define FZ_ORDER_BODY_MAX 2048              /* bytes of a kept order's body */
#define FZ_NOTE_MAX 140                     /* bytes of UTF-8 in a reference or message */

/* --- intents --------------------------------------------------------------------------------- */
#define FZ_INTENT_TTL_MIN_S 10
#define FZ_INTENT_TTL_MAX_S 900
#define FZ_INTENT_TTL_DEFAULT_S 120
#define FZ_VOID_GRACE_S 900 /* after the business day of the payment: a till closes its day first */
#define FZ_DUPLICATE_WINDOW_S 60 /* the same payer, shop and amount again: ask her */
#define FZ_USUAL_PAYMENTS 100    /* a shop's newest payments, which say what is usual there, if */
#define FZ_USUAL_PAYMENTS_MIN 20 /* there are so many */
#define FZ_RECENT_MAX 4          /* payments of a payer that are remembered for that */
#define FZ_HELD_ETA_S 86400      /* by then a shop that was short has sold something */
#define FZ_HELD_MAX_YEN 100000LL /* refunds that wait for a shop's money, in all */

/* --- codes a resident shows ------------------------------------------------------------------ */
#define FZ_CODE_AMOUNT_DEFAULT 10000LL /* taken without asking her again */
#define FZ_CODE_TTL_S 300
#define FZ_CODE_HASH_LEN 32
#define FZ_CODE_KEY_LEN 32
#define FZ_CONSENT_S 30 /* how long she has to say yes to more */

/* --- HTTP ------------------------------------------------------------------------------------ */
#define FZ_HTTP_BODY_MAX 16384 /* no request of ours needs more than 2 kB */
#define FZ_HTTP_HEADERS_MAX 16384
#define FZ_HTTP_PATH_MAX 512
#define FZ_HTTP_CONNECTIONS_MAX 4096 /* per worker */
#define FZ_HTTP_IDLE_S 75            /* keep-alive: above the 60 s of most clients' pools */
#define FZ_HTTP_WAITING_MAX 256 /* per worker, signed requests that wait for their turn: then 503 */
#define FZ_SHED_FIRST_AT 128    /* so many wait: reads are refused that can come again */
#define FZ_SHED_SOON_AT 192     /* so many wait: nothing new is begun */
#define FZ_SHED_PERCENT 25      /* such refusals for 100 requests served: a tenth of the time */
#define FZ_SHED_CREDIT_MAX 256  /* refusals that can be saved up */
#define FZ_SIGNATURE_WINDOW_S 300 /* how far `created` may be from our clock, either way */
#define FZ_LONGPOLL_MAX_S 30
#define FZ_PAGE_MAX 200
#define FZ_PAGE_DEFAULT 50

/* --- engine ---------------------------------------------------------------------------------- */
#define FZ_QUEUE_MAX 2048 /* commands that wait, per worker: four batches; past it: 503 */
#define FZ_WORKERS_MAX 64
#define FZ_COMMIT_ATTEMPTS_MAX 4   /* decide again after a lost connection, at most so often */
#define FZ_COMMAND_TIMEOUT_MS 8000 /* then the client is told OUTCOME_UNKNOWN */
#define FZ_STATEMENT_TIMEOUT_MS 3000
#define FZ_IDLE_TX_TIMEOUT_MS 2000 /* a writer that hangs with the head loses it after this */
#define FZ_LOCK_TIMEOUT_MS 5000
#define FZ_TCP_TIMEOUT_MS 5000

/* --- webhooks -------------------------------------------------------------------------------- */
#define FZ_WEBHOOKS_MAX 5                /* of one shop */
#define FZ_WEBHOOK_URL_MAX 500           /* bytes */
#define FZ_WEBHOOK_SECRET_LEN 32         /* bytes; Standard Webhooks wants 24 to 64 */
#define FZ_WEBHOOK_OVERLAP_S 86400       /* how long an old secret may sign beside a new one */
#define FZ_WEBHOOK_TRY_S (3 * 86400)     /* then an event that no receiver took is given up */
#define FZ_WEBHOOK_LOG_S (30 * 86400)    /* then what became of it is forgotten */
#define FZ_WEBHOOK_REPLAY_MAX 10000      /* events of one request to send again */
#define FZ_WEBHOOK_CONNECT_MS 5000       /* to look a name up, connect, and agree on TLS */
#define FZ_WEBHOOK_ANSWER_MAX 16384      /* bytes of an answer's header, and of its body, we read */
#define FZ_WEBHOOK_RETRY_FIRST_MS 5000   /* first ceiling of an event's back-off; it doubles */
#define FZ_WEBHOOK_RETRY_MAX_MS 21600000 /* 6 hours: about thirty attempts in three days */
#define FZ_WEBHOOK_PAUSE_FIRST_MS 1000   /* the same for a receiver, over all of its events */
#define FZ_WEBHOOK_PAUSE_MAX_MS 300000   /* so long after it is well again it may go unnoticed */
#define FZ_WEBHOOK_LANES_MAX 128         /* receivers a courier speaks to at the same time */
#define FZ_WEBHOOK_LANE_MAX 16           /* events it takes for one of them at once */
#define FZ_WEBHOOK_LANE_MS 2000    /* then it asks anew, and hears of what the owner changed */
#define FZ_WEBHOOK_RECORD_MAX 1000 /* events looked at in one transaction */
#define FZ_WEBHOOK_LOOK_MS 250     /* how often the courier looks for events */

/* --- enrolment ------------------------------------------------------------------------------- */
#define FZ_ENROL_CODE_DAYS 14 /* a code that was not used dies after this */
#define FZ_KEY_CACHE_MAX 65536
#define FZ_KEY_CACHE_TTL_S 5 /* a revoked key is refused everywhere after this */

#endif
