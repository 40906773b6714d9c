import { openProject } from '../../deploy/embedded/index.ts'
import { explain as explainPlan } from '../../sql/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, print, printJson } from '../output.ts'

export const explain: Command = {
  name: 'explain',
  summary: 'Shows the optimized plan of each pipeline, or of one.',
  operands: '[FOLDER] [PIPELINE]',
  operandsMax: 2,
  options: {},
  example: 'millrace explain examples/checkout approval_rate',
  async run({ operands, options }) {
    const project = openProject(operands[0] ?? '.')
    const wanted = operands[1]
    const plans = project.sql.pipelines.filter((p) => wanted === undefined || p.name === wanted)
    if (plans.length === 0)
      throw new UsageError(
        `no pipeline ${wanted ?? ''}; there are: ${project.sql.pipelines.map((p) => p.name).join(', ')}`,
      )
    if (options['json']) printJson(plans)
    else
      for (const plan of plans)
        print(`${bold(plan.name)}  (${plan.source.file}:${plan.source.line})\n${explainPlan(plan)}\n`)
    return 0
  },
}
