// Draws the charts of a report with uPlot, which stands before this script.
(() => {
  const colours = ['#2f7ed8', '#e5734d', '#3f9e6e', '#9b59b6'];
  const charts = JSON.parse(document.getElementById('chart-data').textContent);
  const root = document.getElementById('charts');
  const ink = getComputedStyle(document.body).color;
  const grid = { stroke: 'rgba(128, 128, 128, 0.25)', width: 1 };
  const axis = { stroke: ink, grid, ticks: grid };
  // As many digits as it takes: the library's own labels end at three decimals, where small figures are all 0.
  const labels = (_, marks) => marks.map((mark) => String(Number(mark.toPrecision(6))));
  const figures = { ...axis, size: 64, values: labels };
  const plots = [];

  for (const chart of charts) {
    const box = document.createElement('div');
    box.className = 'chart';
    const title = document.createElement('h3');
    title.textContent = chart.title;
    const note = document.createElement('p');
    note.className = 'note';
    note.textContent = chart.note;
    box.append(title, note);
    root.append(box);

    const data = [chart.steps];
    const series = [{ label: 'step' }];
    const bands = [];
    chart.curves.forEach((curve, index) => {
      const colour = colours[index % colours.length];
      const points = { show: chart.steps.length < 40 };
      series.push({ label: curve.label, stroke: colour, width: 2, spanGaps: true, points });
      data.push(curve.values);
      if (!curve.errors) return;
      const around = (sign) =>
        curve.values.map((value, at) => (value === null ? null : value + sign * curve.errors[at]));
      for (const sign of [1, -1]) {
        series.push({
          label: sign > 0 ? '+ s.e.' : '- s.e.',
          stroke: `${colour}60`,
          width: 1,
          points: { show: false },
        });
        data.push(around(sign));
      }
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${colour}30` });
    });
    const options = {
      width: box.clientWidth - 24,
      height: 220,
      scales: { x: { time: false } },
      axes: [axis, figures],
      series,
      bands,
      legend: { live: true },
    };
    plots.push([new uPlot(options, data, box), box]);
  }

  addEventListener('resize', () => {
    for (const [plot, box] of plots) plot.setSize({ width: box.clientWidth - 24, height: 220 });
  });
})();
