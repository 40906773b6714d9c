import { createGeneratorBody, boundedDefaults, writeJsonLines, generatorPosition } from './index.ts'
import { nodeClock, openNodeDisk } from '../base/index.ts'
import { types } from '../model/index.ts'
const f = (o: any) => ({ fields: Object.entries(o).map(([name, type]) => ({ name, type: type as any })) })
const s = types.string(false), b = types.bigint(false), d = types.decimal(12,2,false), t = types.timestamp(3,false)
const T = (topic: string, schema: any, key: number[], pk: boolean, parts: number, valueFormat: any) => ({ format: { topic, schema, keyColumns: key, keyFormat: 'raw' as const, valueFormat, primaryKey: pk ? key : null }, schemaId: 7, partitionCount: parts })
const topics = {
 users: T('users', f({user_id:b,country:s,risk_band:s,updated_at:t}), [0], true, 1, 'debezium-avro-confluent'),
 merchants: T('merchants', f({merchant_id:b,name:s,category:s,updated_at:t}), [0], true, 1, 'debezium-avro-confluent'),
 orders: T('orders', f({loan_id:b,user_id:b,principal:d}), [0], true, 1, 'debezium-avro-confluent'),
 payments: T('payments', f({payment_id:b,loan_id:b,amount:d,state:s}), [0], true, 1, 'debezium-avro-confluent'),
 checkout_events: T('checkout_events', f({checkout_id:s,user_id:b,merchant_id:b,amount:d,status:s,event_time:t}), [1], false, 4, 'avro-confluent'),
 repayments: T('repayments', f({repayment_id:s,loan_id:b,amount:d,paid_at:t}), [1], false, 4, 'avro-confluent'),
}
let last: any, outcome: any, bytes=0, groups=0
const commit = { submit(g: any) { groups++; for (const a of g.appends) bytes+=a.batches.length; last={epoch:g.epoch,position:g.position,stateFiles:[]}; outcome={ok:true,epoch:g.epoch,baseOffsets:[]}; return true }, outcome() { const o=outcome; outcome=undefined; return o }, last: () => last }
let fin=false
const body = createGeneratorBody({ spec: { source:'shop', seed:1, mode:{kind:'bounded',...boundedDefaults}, topics, database:null }, commit, clock: nodeClock, wake(){}, report(r){ if(r.kind==='finished') fin=true } })
const t0=performance.now(); while(!fin) body.step(); console.log('gen ms', performance.now()-t0, bytes, groups)
const t1=performance.now(); console.log(writeJsonLines({disk: openNodeDisk('/tmp/demo-lines'), folder:'generator', position: generatorPosition(commit as any,'shop')!}), performance.now()-t1)
